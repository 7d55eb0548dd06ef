package embed

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// cpuClass names the best of the instruction sets on which ONNX Runtime bases
// its choice of 8-bit kernels; on processors of one class the vectors are
// equal, between classes they differ by about 0.001 in cosine.
func cpuClass() string {
	best := ""
	for _, set := range []struct {
		name string
		has  bool
	}{
		{"amxint8", cpu.X86.HasAMXInt8},
		{"avx512vnni", cpu.X86.HasAVX512VNNI},
		{"avxvnni", cpu.X86.HasAVXVNNI},
		{"avx512", cpu.X86.HasAVX512BW},
		{"avx2", cpu.X86.HasAVX2},
		{"sve", cpu.ARM64.HasSVE},
		{"i8mm", cpu.ARM64.HasI8MM},
		{"dotprod", cpu.ARM64.HasASIMDDP},
	} {
		if set.has {
			best = " " + set.name
			break
		}
	}
	return runtime.GOARCH + best
}
