//go:build ignore

// Writes pairs.txt, the table behind Simplify. Source: the fields
// kSimplifiedVariant of Unihan_Variants.txt in the Unicode Character Database
// (version 14), read from standard input:
//
//	go run gen_pairs.go < Unihan_Variants.txt > pairs.txt
//
// Rules: both characters lie in the Basic Multilingual Plane (three bytes
// each in UTF-8, so that a line has seven bytes and the file can be searched
// in place); of several simplified forms the first that differs from the
// source counts; a character that is itself in everyday simplified use stays
// (GB 2312 holds it), except the few in forced; what Unihan calls a mere
// variant but people type as a traditional form is in extra.
package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// forced are pairs that win over Unihan's.
const forced = "乾干後后於于麽么夥伙徵征瞭了託托諮咨逕径鉅巨鹼碱綵彩奬奖瀰弥麴曲襬摆儁俊"

// extra are variant forms that Unihan lists under other fields.
const extra = "佈布佔占侷局倖幸僱雇兇凶剷铲勳勋卹恤卽即厠厕唸念啓启喫吃噁恶嚐尝嚥咽嚮向墻墙" +
	"壜坛墰坛峯峰崑昆嵗岁嶽岳巖岩幷并廕荫弔吊彆别彫雕彿佛悽凄慾欲捱挨搧扇擡抬擣捣敎教旣既昇升枴拐" +
	"査查槓杠樑梁歎叹殭僵殻壳汎泛汙污洩泄淒凄淨净湧涌溼湿滙汇滷卤燉炖燬毁爲为牀床甕瓮産产畵画痠酸" +
	"癒愈癡痴盃杯眞真祕秘竪竖箇个篠筿籤签糉粽糰团紮扎絃弦絶绝綉绣綑捆綫线緑绿縴纤罎坛羣群羨羡翫玩" +
	"脣唇脩修臥卧舖铺舘馆菸烟葯药蒐搜蓆席蔘参薹苔藴蕴蝨虱蠍蝎蠔蚝衆众裏里覈核証证説说謡谣譁哗譟噪" +
	"譭毁讚赞豔艳貍狸贜赃踰逾蹟迹週周遊游遶绕醃腌釦扣鈡钟鉆钻鋭锐録录鍊炼鍼针鎚锤鎭镇鑑鉴閲阅闇暗" +
	"陞升霑沾頽颓顔颜餵喂饑饥駡骂鬨哄鷄鸡麪面麫面齧啮戶户吿告綳绷荳豆傢家捨舍"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	pairs := map[rune]rune{}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		f := strings.Split(in.Text(), "\t")
		if len(f) != 3 || f[1] != "kSimplifiedVariant" {
			continue
		}
		from, err := codePoint(f[0])
		if err != nil {
			return err
		}
		if from > 0xFFFF || everyday(from) {
			continue
		}
		for _, s := range strings.Fields(f[2]) {
			to, err := codePoint(s)
			if err != nil {
				return err
			}
			if to != from && to <= 0xFFFF {
				pairs[from] = to
				break
			}
		}
	}
	add(pairs, extra)
	add(pairs, forced)
	return write(pairs)
}

func add(pairs map[rune]rune, list string) {
	rs := []rune(list)
	for i := 0; i+1 < len(rs); i += 2 {
		pairs[rs[i]] = rs[i+1]
	}
}

// write follows chains to their end, so that Simplify is idempotent.
func write(pairs map[rune]rune) error {
	var from []rune
	for r := range pairs {
		from = append(from, r)
	}
	slices.Sort(from)
	for _, r := range from {
		to := pairs[r]
		for next, ok := pairs[to]; ok; next, ok = pairs[to] {
			to = next
		}
		if _, err := fmt.Printf("%c%c\n", r, to); err != nil {
			return err
		}
	}
	return in3Bytes(from)
}

func in3Bytes(rs []rune) error {
	for _, r := range rs {
		if r < 0x800 || r > 0xFFFF {
			return fmt.Errorf("%c is not three bytes long", r)
		}
	}
	return nil
}

func codePoint(s string) (rune, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "U+"), 16, 32)
	return rune(n), err
}

// everyday reports whether GB 2312 holds r.
func everyday(r rune) bool {
	_, err := simplifiedchinese.HZGB2312.NewEncoder().String(string(r))
	return err == nil
}
