package text

import (
	"strings"
	"unicode"
)

// surnames are common surnames that seldom begin another word before a sign.
const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾夏韦傅邹熊孟秦邱江尹薛阎段雷侯龙陶黎贺顾毛郝龚邵覃武钱戴严莫孔温汤常康牛葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞柳甘祝包宁阮纪舒柯梅童凌毕涂裴霍苗翁冉柴麦蒙冼练揭植招邝岑骆辛洪史万方白金文高游卓池佘凤管祁房詹丘麻桂娄邬瞿费裘路缪占谷盛屈符项靳闵左阳蓝郎米宫宗褚桑晏芦奚尤尚农成景沙单应褟胥仇卞柏宫戈奕巢苟牟匡佟晁蔺楚冷宓仝靖逄瞿沙栾佐荣娜郜郗郦咸蔚鹿敖晋慎储阴鄢翦浦麦甄匙宣滕卓鞠隋逯荀轩苍沃裘"

// rareSurnames are surnames that also begin many other words; they count only
// behind a word that surely announces a name.
const rareSurnames = "于向全时明平车华水支过干解巫毋乐年楚燕冀尉习朴乌巴敖和穆肃湛闻党强谈计伏戚云元卜幸印宿全班仰秋仲伊古皮国边扶燕木通相查后荆红游权盖益别庄连冷步都满容花冒井东原商帅危佟佴伯赏火阚边"

// compoundSurnames are surnames of two characters.
const compoundSurnames = "欧阳 上官 司徒 司马 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 长孙 宇文 端木 轩辕 南宫 西门 独孤 呼延 完颜 澹台"

// notInNames are characters that no name holds.
const notInNames = "某的了吗呢们我你他她它这那很啊嘛吧哪什么没"

// notLast end words for groups, offices and places, not names.
const notLast = "人户员者店镇区市县厂司街校局委站队族会部所院处科村路楼栋层房费款钱车"

// notNames, each between two spaces, begin words that start like a surname. They matter in front of a
// sign or a number, where a name is looked for.
const notNames = `
 匿名 不详 未知 保密 本人 同上 不便 没有 暂无 不愿 不留 先生 女士 小姐 男士 万分 万一 万元 万江 万科 万达 万户 万众 方便 方面 方案 方式 方法 方向 高兴 高度 高中 高考 高温 高速 高层 高空 高埗 高新 高等 高级 
 白天 白色 白濠 金额 金钱 金融 金色 文件 文化 文明 文字 安全 安装 安排 安静 安置 安徽 安心 常住 常平 常年 常见 常规 常常 常态 康复 康健 
 成都 成立 成功 成人 成年 成本 成绩 应该 应当 应聘 应急 单位 单身 单独 单元 单车 单号 单亲 石龙 石排 石碣 石头 石油 石家 路人 路口 路边 路面 路过 路灯 路段 
 江苏 江西 江南 江北 江门 江边 黄江 黄色 黄牛 黄昏 黄金 马上 马路 马来 马虎 任何 任务 任职 任意 任性 江湖 湖南 龙头 龙岗 龙华 关于 关注 关心 关系 关键 关闭 关门 
 左右 左边 温度 温州 温暖 温馨 温泉 游客 游泳 游戏 池塘 管理 管道 管控 房东 房主 房客 房产 房屋 房租 房子 占道 占用 占地 盛大 项目 符合 尤其 尚未 尚且 农民 农村 农业 农历 景区 景观 
 沙田 沙井 沙子 陆续 陆运 陆地 余额 余款 余下 程序 程度 田地 田心 田野 时间 武汉 武警 严重 严格 严禁 严厉 严查 莫名 莫非 牛奶 牛肉 齐全 易燃 易拉 包工 包裹 包括 包装 包容 包月 
 宁波 宁愿 宁夏 章程 章节 关照 兰州 柳州 甘肃 童车 麦当 蒙古 蒙受 练习 招聘 招生 招牌 招标 招收 洪水 历史 史上 毛坯 毛病 贺州 顾客 雷雨 石材 夏天 夏季 秦皇 孟加 许多 许可 许久 何时 何况 何处 何必 何种 何年 
 林业 林村 林场 罗湖 罗马 梁平 谢谢 谢岗 谢绝 宋体 唐山 韩国 韩式 曾经 曾是 曾多 周边 周围 周末 周一 周二 周三 周四 周五 周六 周日 周期 周转 徐州 孙子 孙女 胡乱 胡同 胡说 朱红 杨梅 杨桃 张贴 张家口 张家界 
 陈述 陈旧 黄埔 赵家 吴江 吴川 刘海 王府 李子 董事 袁州 潘多 蔡甸 杜绝 叶子 苏州 苏式 魏都 丁字 沈阳 姚江 钟点 钟表 范围 范本 石化 贾汪 夏日 傅粉 邱县 尹始 段时 段落 侯车 候车 陶瓷 黎明 毛巾 
 武术 钱财 钱款 钱币 钱包 戴着 孔雀 汤圆 常务 葛洲 安庆 安居 安溪 安保 安检 安监 乔迁 颜色 庄园 鲁莽 岳母 岳父 殷切 申请 申诉 申报 申领 申办 欧洲 欧美 耿直 焦急 焦虑 祝愿 祝好 祝福 包子 纪律 纪委 纪检 舒适 舒服 
 梅州 梅雨 凌晨 毕业 毕竟 涂料 涂改 苗木 柴油 植物 植树 万年 方圆 费用 费钱 白云 白领 白银 白马 白酒 金华 金牌 高州 高要 高明 高峰 高压 高价 高铁 高龙 文员 文凭 文具 游乐 管委 管网 路牌 路基 占据 谷物 成品 成员 景点 金桥 
 于是 于此 向东 向西 向上 全部 全家 全体 全年 全额 时常 时候 明天 明年 明显 明白 明确 明明 平时 平台 平安 平均 平常 平房 车主 车牌 车位 车辆 车间 车站 华为 华新 华南 水电 水费 水管 水务 支付 支持 支行 支局 
 过来 过去 过年 过程 干部 干净 干活 解决 解释 解放 解答 乐园 年底 年初 年纪 年龄 和谐 和平 和家 和我 党员 党委 强烈 强制 强行 计划 云南 元旦 幸福 幸运 古镇 国家 国庆 国土 边上 通过 通知 通讯 相关 相信 相应 查询 查处 查看 
 后来 后面 后果 红色 别人 别墅 连续 连锁 都市 满意 花园 花都 东莞 东城 东坑 东方红 原来 原因 原告 商家 商户 商场 商铺 尊敬 房号 贺卡 管家 柯桥 庄河 章丘 文昌 文山 盛世 梅江 梅县 万宁 海南 海口 
`

// surnameAt gives the length of the surname at i: 2 for a compound one, 0 for
// none.
func (m *scan) surnameAt(i int) int {
	r := m.get(i)
	if r < 0x3400 {
		return 0
	}
	for w := range strings.FieldsSeq(compoundSurnames) {
		if m.has(i, w) {
			return 2
		}
	}
	if strings.ContainsRune(surnames, r) || strings.ContainsRune(rareSurnames, r) {
		return 1
	}
	return 0
}

func (m *scan) hanBefore(i int) bool { return i > 0 && m.isHan(i-1) }

func (m *scan) isHan(i int) bool {
	r := m.get(i)
	return r >= 0x3400 && unicode.Is(unicode.Han, r)
}

// maskedRune reports the signs with which people hide part of a name.
func maskedRune(r rune) bool {
	return r == '*' || r == '×' || r == '某'
}

// strong reports whether the surname of family runes that begins with r seldom
// begins another word.
func strong(r rune, family int) bool {
	return family == 2 || family == 1 && strings.ContainsRune(surnames, r)
}

// notName reports words that are no name though they begin like one.
func notName(word string) bool {
	rs := []rune(word)
	if len(rs) < 2 {
		return false
	}
	if strings.ContainsAny(word, notInNames) || strings.ContainsRune(notLast, rs[len(rs)-1]) {
		return true
	}
	return strings.Contains(notNames, " "+string(rs[:2])+" ") ||
		len(rs) > 2 && strings.Contains(notNames, " "+string(rs[:3])+" ")
}
