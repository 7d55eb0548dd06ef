package localpg

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// configure writes who may connect, and makes the socket's directory, which it
// gives. Both are written anew at every start: the user may have changed by a
// restore or a move.
func (d *dataDir) configure() (sockets string, err error) {
	const hba = "# written at every start\nlocal all " + superuser + " peer map=huying\n"
	ident := fmt.Sprintf("# written at every start\nhuying %s %s\n", quoted(d.user.name), superuser)
	if d.user.name != "root" {
		ident += "huying root " + superuser + "\n"
	}
	if err := d.writeFile(clusterName+"/pg_hba.conf", hba); err != nil {
		return "", err
	}
	if err := d.writeFile(clusterName+"/pg_ident.conf", ident); err != nil {
		return "", err
	}
	return d.makeSockets()
}

// quoted is a word of pg_ident.conf or of a list of directories.
func quoted(word string) string { return `"` + strings.ReplaceAll(word, `"`, `""`) + `"` }

// settings are the command line of postgres. They stand there and not in
// postgresql.conf so that a new release of ours changes them for old clusters
// too.
func (d *dataDir) settings(sockets string) []string {
	ram, shm := memoryMB()
	maintenance, buffers := clamp(ram/16, 64, 512), 2048
	if d.opts.Volatile {
		buffers = 256 // tests run several servers, and hold little
	}
	s := map[string]string{
		"listen_addresses":        "",
		"port":                    socketPort,
		"unix_socket_directories": quoted(sockets),
		"unix_socket_permissions": "0700",
		"max_connections":         strconv.Itoa(d.opts.MaxConnections),
		"timezone":                "UTC",
		"log_timezone":            "UTC",

		// Memory. A search that walks a vector index touches thousands of its
		// pages; from shared buffers that takes a third of the time that the
		// operating system's cache does. What is not touched costs nothing.
		// HNSW is built 4 times faster when its graph fits in
		// maintenance_work_mem: 512 MB hold about 350,000 halfvec(512).
		"shared_buffers":       fmt.Sprintf("%dMB", clamp(ram/16, 64, buffers)),
		"effective_cache_size": fmt.Sprintf("%dMB", clamp(ram/2, 256, 8192)),
		"maintenance_work_mem": fmt.Sprintf("%dMB", maintenance),
		"autovacuum_work_mem":  "64MB",
		"work_mem":             "16MB",
		"random_page_cost":     "1.1", // a disk without a moving head
		"jit":                  "off",
		"max_wal_size":         "1GB",
		"wal_compression":      "on",

		// The log holds no citizen's data: parameters and row contents stay out.
		"logging_collector":                 "off",
		"log_destination":                   "stderr",
		"log_line_prefix":                   "%m [%p] ",
		"log_error_verbosity":               "terse",
		"log_parameter_max_length":          "0",
		"log_parameter_max_length_on_error": "0",
		"log_min_duration_statement":        "1s",
		"log_lock_waits":                    "on",
		"log_checkpoints":                   "off",
	}
	// A parallel index build keeps maintenance_work_mem in shared memory,
	// which in a container is often a /dev/shm of 64 MB; a mapped file in the
	// data directory is as good then.
	if shm < 2*maintenance {
		s["dynamic_shared_memory_type"] = "mmap"
	}
	maps.Copy(s, durability(d.opts.Volatile))
	args := []string{"-D", d.join(clusterName)}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		args = append(args, "-c", name+"="+s[name])
	}
	return args
}

// durability is what separates a server that keeps its promises from one for
// tests.
func durability(volatile bool) map[string]string {
	if !volatile {
		return map[string]string{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
	}
	return map[string]string{
		"fsync":                      "off",
		"synchronous_commit":         "off",
		"full_page_writes":           "off",
		"wal_level":                  "minimal",
		"max_wal_senders":            "0",
		"autovacuum":                 "off", // no test's database lives long enough
		"checkpoint_timeout":         "1h",
		"log_min_duration_statement": "-1",
	}
}

// memoryMB gives the machine's memory and the free space of /dev/shm, each 0
// when unknown.
func memoryMB() (ram, shm int) {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		ram = int(uint64(info.Totalram) * uint64(info.Unit) >> 20)
	}
	var st syscall.Statfs_t
	if syscall.Statfs("/dev/shm", &st) == nil {
		shm = int(st.Bavail * uint64(st.Bsize) >> 20)
	}
	return ram, shm
}

func clamp(v, low, high int) int { return max(low, min(v, high)) }
