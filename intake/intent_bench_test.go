package intake

import (
	"strings"
	"testing"
)

// BenchmarkRead reads a letter of 800 characters, longer than most.
func BenchmarkRead(b *testing.B) {
	letter := strings.Repeat("我们小区门口的路灯坏了三个月，反映多次没人来修，老人晚上出门很不方便，希望尽快处理。", 20)
	r := NewReader()
	for b.Loop() {
		r.Read("路灯长期不亮", letter)
	}
}
