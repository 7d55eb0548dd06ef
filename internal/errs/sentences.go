package errs

import (
	"errors"
	"fmt"
	"strings"
)

// sentences is the one table of what users read. A sentence says what
// happened, then what to do; no code, no English, no exclamation mark.
// Verbs (%s, %d) are filled from Error.Args in order. Keep it sorted by
// package, then by code.
var sentences = map[Code]string{
	// general
	"internal":             "系统出了问题，已记录在日志中。请稍后再试，仍不行请联系管理员",
	"field.required":       "缺少“%s”",
	"field.unknown":        "不认识的字段“%s”，请检查拼写",
	"field.too_long":       "“%s”超过 %d 个字，请缩短",
	"field.invalid":        "“%s”的内容“%s”不符合要求",
	"database.unavailable": "数据库暂时连接不上，内容没有保存，请稍后再试",

	// intake
	"message.empty":     "没有诉求内容。无人说话或中途挂断的来电，请把“结果”填为 silent 或 dropped",
	"message.future":    "时间比现在晚一天以上，请检查发送方的时钟",
	"message.not_found": "没有找到这条诉求，可能已被删除",
	"matter.not_found":  "没有找到这件事，可能已被删除",

	// classifier
	"decision.category":   "请选择一个末级事项",
	"decision.co":         "协办单位有误：不能重复，也不能与主办单位相同",
	"decision.conflict":   "这件事刚刚已由他人处理，请刷新后再看",
	"decision.lead":       "请选择主办单位",
	"decision.none":       "没有可以撤销的决定",
	"decision.too_late":   "已超过 %d 秒，不能撤销，请改为修改",
	"category.not_found":  "没有找到这个事项，清单可能已更新，请重新选择",
	"unit.not_found":      "没有找到这个单位，请重新选择",
	"suggestion.mismatch": "这条推荐不属于这件事，请刷新后再试",

	// org
	"account.exists":    "登录名“%s”已存在",
	"account.login":     "登录名须为 2–32 个小写字母、数字、点或连字符",
	"account.password":  "密码至少 10 个字",
	"account.signin":    "登录名或密码不对",
	"account.throttled": "连续多次密码不对，请 %d 分钟后再试",
	"role.forbidden":    "%s不能做这件事，需要时请联系管理员",
	"session.expired":   "登录已过期，请重新登录",
	"session.forged":    "页面已失效，请刷新后再试",
	"token.channel":     "此令牌不能用于渠道“%s”",
	"token.invalid":     "令牌无效或已吊销",

	// seal
	"seal.key_file": "密钥文件“%s”不能读写，请检查权限和磁盘空间",
	"seal.key_size": "密钥须为 %d 字节的 base64 文本",
	"seal.open":     "原文打不开：密钥不对，或内容已损坏",

	// assets
	"assets.disk":         "不能写入或读取“%s”，请检查磁盘空间和权限",
	"assets.download":     "获取“%s”失败，请检查网络后再执行一次 make fetch",
	"assets.hash":         "获取到的“%s”与登记的校验值不符，没有使用，请稍后再执行一次 make fetch",
	"assets.missing":      "缺少运行所需的文件或文件已损坏：%s，请执行 make fetch",
	"assets.no_home":      "不知道把缓存和数据放在哪里，请设置环境变量 HUYING_HOME",
	"assets.no_mvn":       "缺少 Maven，请先安装：apt-get install maven",
	"assets.no_pip":       "缺少 pip，请先安装：apt-get install python3-pip",
	"assets.platform":     "暂不支持 %s，只支持 linux/amd64 和 linux/arm64",
	"assets.unknown_part": "没有名为“%s”的组件",
	"assets.unpack":       "“%s”解包失败，请检查磁盘空间后再执行一次 make fetch",
}

// Sentence gives the Chinese sentence for err, with field, line and column in
// front where they are known: 第 3 行第 2 列：缺少“事项编码”. For an error that
// is not ours it gives the sentence of "internal".
func Sentence(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return sentences["internal"]
	}
	format, ok := sentences[e.Code]
	if !ok {
		format = sentences["internal"]
	}
	s := format
	if strings.Contains(format, "%") {
		s = fmt.Sprintf(format, e.Args...)
	}
	switch {
	case e.Line > 0 && e.Column > 0:
		return fmt.Sprintf("第 %d 行第 %d 列：%s", e.Line, e.Column, s)
	case e.Line > 0:
		return fmt.Sprintf("第 %d 行：%s", e.Line, s)
	}
	return s
}

// Has reports whether the table holds a sentence for the code; the tests of
// every package that makes codes may ask.
func Has(code Code) bool {
	_, ok := sentences[code]
	return ok
}
