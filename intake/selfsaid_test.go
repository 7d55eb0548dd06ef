package intake

import (
	"strings"
	"testing"
)

// TestWhatGivesACitizenAway: many ways of saying who one is, and what is said of
// others or of whom there are hundreds.
func TestWhatGivesACitizenAway(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"我是幸福超市的员工，老板拖欠工资", "我〔身份已隐去〕，老板拖欠工资"},
		{"本人系松柏路12号商铺的租户，房东断电", "我〔身份已隐去〕，房东断电"},
		{"我是三中初二的家长，学校乱收费", "我〔身份已隐去〕，学校乱收费"},
		{"我作为这家医院的护士，反映加班费不发", "我〔身份已隐去〕，反映加班费不发"},
		{"我就是他家楼下的邻居，天天漏水", "我〔身份已隐去〕，天天漏水"},
		{"我在华新电子厂上班，厂里排污水", "我〔工作单位已隐去〕，厂里排污水"},
		{"我目前在某某酒店做保洁，没有合同", "我〔工作单位已隐去〕，没有合同"},
		{"我在宏达公司干了三年，社保没交", "我〔工作单位已隐去〕，社保没交"},
		{"我孩子在实验小学三年级2班，老师体罚", "〔孩子的学校已隐去〕，老师体罚"},
		{"我家儿子就读于阳光幼儿园大班，伙食很差", "〔孩子的学校已隐去〕，伙食很差"},
		{"三年级（2）班的老师收礼", "〔班级已隐去〕的老师收礼"},
		{"我住在松柏小区3栋2单元，楼上装修", "我〔住处已隐去〕，楼上装修"},
		{"就住他家，在他家楼上", "就住他家，在他家楼上"},
		{"烧烤店就在它楼上", "烧烤店〔住处已隐去〕"},
		{"我的车粤S12345被划了", "我的车〔车牌已隐去〕被划了"},
		{"我老公叫张建国，被打了", "我的亲属〔姓名已隐去〕，被打了"},
		{"反映12栋1003漏水", "反映〔房号已隐去〕漏水"},
		{"我们公司不交社保", "该单位不交社保"},
		// said of others, of a place, or of whom there are many
		{"我是附近居民，晚上很吵", "我是附近居民，晚上很吵"},
		{"我是市民，咨询社保", "我是市民，咨询社保"},
		{"粤S12345乱停车", "粤S12345乱停车"},
		{"松柏小学门口堵车", "松柏小学门口堵车"},
		{"幸福超市的员工态度差", "幸福超市的员工态度差"},
		{"我在松柏路看到井盖坏了", "我在松柏路看到井盖坏了"},
		{"我是来投诉的，烧烤店油烟大", "我是来投诉的，烧烤店油烟大"},
	} {
		var found []Trace
		got := maskTraces(tc.in, nil, &found)
		if got != tc.want {
			t.Errorf("%q becomes\n%q, want\n%q", tc.in, got, tc.want)
		}
		if (got == tc.in) != (len(Traces("", tc.in)) == 0) {
			t.Errorf("%q: %+v", tc.in, Traces("", tc.in))
		}
		for _, f := range found {
			if f.Kind == "" || !strings.Contains(tc.in, f.Text) {
				t.Errorf("%q: %+v", tc.in, f)
			}
		}
	}
	if found := Traces("我们公司欠薪", "我在宏达公司干了三年，我们公司不发工资"); len(found) != 2 {
		t.Errorf("the same words twice are %+v", found)
	}
	chosen := maskTraces("我在宏达公司干了三年，我们公司不发工资", []string{"我们公司"}, new([]Trace))
	if chosen != "我在宏达公司干了三年，该单位不发工资" {
		t.Errorf("only what was chosen: %q", chosen)
	}
}

// TestWhatSpeaksOfSecrets holds what waits for a person against what does not.
func TestWhatSpeaksOfSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"我捡到一份机密文件": true, "公园长椅上有标着绝密的材料": true, "有人把涉密文件发到微信群": true, "单位的内部资料被人外传，严禁外传的": true,
		"我知道部队驻地的坐标被人挂在网上": true, "他手里有秘密级的会议纪要": true, "泄露国家秘密怎么举报": true,
		"保密法宣传什么时候开始": false, "公司偷了我的商业秘密": false, "涉密岗位人员报考条件": false, "秘密花园这个小区停水": false,
		"这家店号称绝密配方": false, "机密不机密我不管，路灯坏了": false, "考试卷又不是国家机密，为什么不发": false, "主任把试卷当成“国家机密”": false, "工资表是机密吗": false, "这不涉密": false, "楼下油烟很大": false,
	} {
		if got := SaysSecret("", text); got != want {
			t.Errorf("SaysSecret(%q) = %v", text, got)
		}
	}
}

// TestWhoIsComplainedOfIsRead: conduct in office, of a unit or the hotline, and
// what is no conduct in office.
func TestWhoIsComplainedOfIsRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{
		"钟楼派出所的民警态度恶劣，不给立案":  {true, false},
		"社区工作人员推诿扯皮，半年不办":    {true, false},
		"窗口人员刁难我，让我跑了五趟":     {true, false},
		"村干部收了红包才给办":         {true, false},
		"你们热线的接线员态度很差，直接挂电话": {false, true},
		"12345话务员敷衍了事":       {false, true},
		"烧烤店老板态度恶劣，油烟大":      {false, false},
		"请问热线几点上班":           {false, false},
		"小区保安骂人":             {false, false},
		"希望工作人员来看看路灯":        {false, false},
	} {
		c := ReadConduct("", text)
		if c.Staff != want[0] || c.Hotline != want[1] || (c.Words != "") != (want[0] || want[1]) {
			t.Errorf("%q: %+v", text, c)
		}
	}
}
