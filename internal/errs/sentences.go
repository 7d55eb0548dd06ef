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
	"import.bad_rows":    "有 %d 处错误或冲突，没有导入。请改好文件再上传，或选“跳过有误和冲突的行”",
	"import.no_file":     "还没有选文件，请选一个 CSV、XLSX 或 JSONL 文件",
	"import.not_found":   "没有这个上传的文件，请重新上传",
	"import.nothing":     "文件里没有可以导入的条目，请检查后再上传",
	"import.settled":     "这个文件已经确认导入，不能再改",
	"import.too_large":   "文件超过 %d MB，请分成几个文件，或请管理员用 huying import entries 导入",
	"import.too_many":    "文件里有 %d 条问法，在页面上一次最多 %d 条，请分成几个文件，或请管理员用 huying import entries 导入",
	"import.file":        "文件“%s”打不开，请检查路径和权限",
	"import.no_text":     "没有“内容”或“标题”列。表头叫别的名称时，用 --map 表头=text 指明",
	"import.reread":      "文件不能读第二遍，请先存成普通文件",
	"area.unknown_named": "没有名称或编码为“%s”的区域，请先导入区域",
	"message.empty":      "没有诉求内容。无人说话或中途挂断的来电，请把“结果”填为 silent 或 dropped",
	"message.future":     "时间比现在晚一天以上，请检查发送方的时钟",
	"message.past":       "时间早于 1970 年，请检查发送方的时钟",
	"message.not_found":  "没有找到这条诉求，可能已被删除",
	"matter.not_found":   "没有找到这件事，可能已被删除",
	"reply.none":         "没有可以撤销的答复",
	"reply.short":        "答复太短，请写下告诉对方的内容",

	// kb
	"ask.no_chinese":        "“问题”里没有汉字，请用中文再说一遍",
	"ask.too_often":         "问得太快，请过一分钟再问",
	"turn.not_found":        "没有找到这次问答，请重新提问",
	"reply.not_offered":     "这次问答没有列出这一条，请重新提问",
	"reply.retired":         "“%s”这一条已停用或过期，请重新提问",
	"entry.not_found":       "没有找到这条知识，可能已被删除",
	"unanswered.not_found":  "没有找到这类问题，可能已超过保存期限，请回到列表",
	"check.done":            "这条答复刚刚已由别人核对，以先核对的为准",
	"check.none":            "没有等着核对的答复",
	"check.not_found":       "没有这条答复，请刷新页面",
	"kb.area":               "没有编码为“%s”的地区，请检查",
	"kb.changed":            "这条知识刚刚被别人改过，您的内容没有保存，请对照后再保存",
	"kb.clause_cell":        "法规条款的第 %d 行写法不对，应为“法规名称｜条款｜有效至”，每行一条，后两项可以不写",
	"kb.clause_sign":        "法规名称和条款中不能有竖线或换行，请每条写一行",
	"kb.conflict":           "与第 %d 行问题和地区相同，答复却不同，请只留一条",
	"kb.copy_done":          "这是一份已用完的修改稿，请打开原条目修改",
	"kb.duplicate":          "与第 %d 行重复",
	"kb.in_review":          "这条知识正在审核，请先撤回或等审核退回后再修改",
	"kb.is_retired":         "这条知识已停用，请先重新启用再修改",
	"kb.negative_same":      "“%s”同时写在问法和反例问法里，请去掉一处",
	"kb.no_owner":           "缺少“答复单位”，请先写明由哪个单位负责再送审",
	"kb.no_version":         "没有第 %d 版，请从版本列表中选择",
	"kb.not_author":         "只有写这份稿子的人可以撤回，您可以退回修改",
	"kb.other_unit":         "这条知识由%s审核，请等该单位的人员处理",
	"kb.outdated":           "这条知识刚刚被别人改过，请看过现在的内容再处理",
	"kb.own_review":         "自己写的或送审的内容须由第二个人审核",
	"kb.row_in_review":      "“%s”正在审核，请先撤回或等审核退回后再导入",
	"kb.run_out":            "有效期已过，请先改好失效日期或法规条款的有效期",
	"kb.step":               "这条知识现在是“%s”，不能这样做，请刷新后再看",
	"kb.too_many_clauses":   "法规条款超过 %d 条，请减少",
	"kb.too_many_negatives": "反例问法超过 %d 条，请减少",
	"kb.notice_ends":        "结束时间须晚于开始时间",
	"kb.shared_phrasing":    "问法“%s”在第 %d 行也有，答复却不同，请核对",
	"kb.state":              "状态“%s”不认识，请填：草稿、待审核、已发布、待核实、已停用",
	"kb.too_many_phrasings": "相似问法超过 %d 条，请减少",
	"kb.twin":               "同一地区已有一条问题完全相同的知识，请改那一条，或换一种问法、换一个地区",
	"kb.twin_row":           "知识库里已有同一地区、问题完全相同的另一条（%s），请用它的编号，或换一种问法",
	"kb.unreadable":         "文件读不出来，请检查文件是否完整",
	"policy.budget":         "允许答错的比例须在 0.1%% 到 20%% 之间",
	"policy.none":           "还没有新的答复门槛",
	"kb.validity":           "失效日期早于生效日期",
	"notice.not_found":      "没有找到这条统一口径，可能已结束",
	"proposal.decided":      "这一条刚刚已处理过，请回到列表看最新的",
	"proposal.not_found":    "没有找到这一条，可能已并入别的一条，请回到列表",
	"proposal.question":     "已有一条知识就是这样问的，请改一下问题，或去那一条里补充",

	// classifier
	"blind.not_waiting":   "这件事不再等待复判，或不由您复判，请看下一件",
	"blind.own":           "自己决定过的事不能由自己复判，请看下一件",
	"blind.taken":         "这件事刚刚已由他人复判，请看下一件",
	"decision.category":   "请选择一个末级事项",
	"decision.co":         "协办单位有误：不能重复，也不能与主办单位相同",
	"decision.conflict":   "这件事刚刚已由他人处理，请刷新后再看",
	"decision.lead":       "请选择主办单位",
	"people.not_found":    "没有找到这个人，账号可能已删除，请刷新后再看",
	"gap.not_found":       "这一类诉求已经没有了或有了变化，请刷新后再看",
	"return.clause":       "请写明退回的依据：哪一条规定，或为什么不归本单位",
	"return.from":         "请选择退回的单位：只有这件事的主办或协办单位才能退回",
	"return.outdated":     "这件事已另有决定，没有记退回，请刷新后再看",
	"return.proposed":     "建议的单位有误：请写单位全称，不能是退回的单位自己",
	"return.twice":        "这个单位已退回过这件事，不再重复记",
	"split.empty":         "第 %d 件没有自己的话，请至少留一句给它；如果本是一件事，不分就行",
	"split.outdated":      "这件事已有决定或有了新的推荐，没有再分，请打开它看最新的",
	"review.decided":      "这件事已有决定，不用再请审核员看，请打开它看结果",
	"decision.needless":   "不采纳或撤销时不填事项和单位",
	"decision.none":       "没有可以撤销的决定",
	"decision.too_late":   "已超过 %d 秒，不能撤销，请改为修改",
	"category.not_found":  "没有找到这个事项，清单可能已更新，请重新选择",
	"unit.not_found":      "没有找到这个单位，请重新选择",
	"suggestion.mismatch": "这条推荐不属于这件事，请刷新后再试",

	// org
	"area.parent_first": "上级区域“%s”须排在它前面",
	"area.twice":        "区域编码“%s”重复",
	"unit.twice":        "单位名称“%s”重复",
	"account.exists":    "登录名“%s”已存在",
	"account.login":     "登录名须为 2–32 个小写字母、数字、点或连字符",
	"account.password":  "密码至少 10 个字",
	"account.signin":    "登录名或密码不对",
	"account.unit":      "没有名称为“%s”的单位，请核对名称或先导入单位",
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
	"assets.download":     "获取“%s”失败，请检查网络和 pip、Maven 的设置，再执行一次 make fetch",
	"assets.hash":         "获取到的“%s”与登记的校验值不符，没有使用，请稍后再执行一次 make fetch",
	"assets.missing":      "缺少运行所需的文件或文件已损坏：%s，请执行 make fetch",
	"assets.no_home":      "不知道把缓存和数据放在哪里，请设置环境变量 HUYING_HOME",
	"assets.no_mvn":       "缺少 Maven，请先安装：apt-get install maven",
	"assets.no_pip":       "缺少 pip，请先安装：apt-get install python3-pip",
	"assets.platform":     "暂不支持 %s，只支持 linux/amd64 和 linux/arm64",
	"assets.unknown_part": "没有名为“%s”的组件",
	"assets.unpack":       "“%s”解包失败，请检查磁盘空间后再执行一次 make fetch",

	// localpg
	"localpg.busy":           "“%s”（进程 %d）正在使用数据目录“%s”，等它结束后再启动",
	"localpg.by_hand":        "有人手工启动的 PostgreSQL（进程 %d）正在使用数据目录“%s”，请先停止它",
	"localpg.cannot_drop":    "PostgreSQL 不能以 root 身份运行，而系统不允许切换到用户“%s”，请改用普通用户运行，或设置 DATABASE_URL",
	"localpg.damaged":        "数据库目录“%s”已损坏或不完整。请把它移到别处，重新启动，再用 huying restore 从备份恢复",
	"localpg.data_dir":       "数据目录“%s”不能使用，请检查路径是否正确、是否为目录",
	"localpg.disk_full":      "数据目录“%s”所在磁盘空间不足，至少要有 %d MB 可用，请清理后再启动",
	"localpg.foreign_dir":    "目录“%s”里已有其他文件，不是呼应建立的数据目录，请换一个空目录",
	"localpg.init_failed":    "在“%s”建立数据库失败，请按下面的原因处理后再启动：\n%s",
	"localpg.leftover":       "数据目录“%s”里上次的 PostgreSQL 还没有退出，请稍后再启动；一直如此请结束残留的 postgres 进程",
	"localpg.nameless_user":  "当前用户（编号 %d）在系统中没有用户名，PostgreSQL 不能运行，请换用有名字的用户，或设置 DATABASE_URL",
	"localpg.no_answer":      "数据目录“%s”由进程 %d 占用，但它的数据库没有回应，请稍后再试，仍不行请重新启动它",
	"localpg.no_user":        "PostgreSQL 不能以 root 身份运行，也建立不了系统用户“%s”，请用 useradd 建立它，或改用普通用户运行",
	"localpg.not_executable": "PostgreSQL 程序“%s”不能由用户“%s”执行，请检查目录权限，或执行 make fetch 重新获取",
	"localpg.not_installed":  "没有找到 PostgreSQL 程序（%s），请先执行 make fetch，或设置 DATABASE_URL 使用已有的数据库",
	"localpg.not_permitted":  "没有权限使用“%s”。请以它的所有者或 root 身份运行，或用 chown 把它交给用户“%s”",
	"localpg.owned":          "呼应已在数据目录“%s”上运行（进程 %d），不能重复启动",
	"localpg.read_only":      "数据目录“%s”所在磁盘是只读的，请换一个目录或重新挂载",
	"localpg.socket_dir":     "目录“%s”不属于呼应，不能放置数据库连接，请删除它，或换一个路径较短的数据目录",
	"localpg.start_failed":   "数据库没能启动，日志在“%s”，最后几行如下；若数据已损坏，请用 huying restore 从备份恢复：\n%s",
	"localpg.unreachable":    "PostgreSQL 以用户“%s”运行，但这个用户进不了“%s”，请用 chmod o+x 放行，或用 HUYING_HOME 换一个位置",
	"localpg.wrong_version":  "数据目录“%s”由 PostgreSQL %d 建立，本程序使用 %d。请用原来的版本执行 huying backup（PostgreSQL %d），再在新目录执行 huying restore",

	// embed
	"embed.dim":          "向量服务返回的向量有 %d 维，设置的是 %d 维，请检查 HUYING_EMBED_DIM",
	"embed.endpoint":     "向量服务暂时没有给出结果，请稍后再试，仍不行请检查 HUYING_EMBED_URL 等设置",
	"embed.model":        "语义模型不能使用，请执行 huying doctor 查看原因",
	"embed.no_direction": "语义模型没有算出有效的向量，请执行 huying doctor 查看原因",
	"embed.probe_dim":    "这个模型的向量有 %d 维，校验样本有 %d 维，不能比对",
	"embed.settings":     "向量服务的设置不完整，请检查 HUYING_EMBED_URL、HUYING_EMBED_MODEL 和 HUYING_EMBED_DIM",
	"embed.disk_cache":   "向量缓存文件“%s”不能读写，请检查磁盘空间和权限",

	// eval
	"eval.dir":      "“%s”不是目录",
	"file.write":    "文件“%s”写不进去，请检查路径、权限和磁盘空间",
	"eval.column":   "文件“%s”缺少列“%s”",
	"eval.csv":      "文件“%s”不是合格的 CSV",
	"eval.empty":    "文件“%s”没有内容",
	"eval.encoding": "文件“%s”不是 UTF-8 编码，请转换后再试",
	"eval.file":     "文件“%s”读不出来，请检查路径和权限",
	"eval.json":     "文件“%s”的这一行不是合格的 JSON",
	"eval.type":     "文件“%s”中字段“%s”的类型不对",
	"eval.unknown":  "没有名为“%s”的指标或部分",

	// cmd
	"bench.failed":         "测速时有请求失败，请看日志",
	"train.failed":         "推荐模型没有训练成，现用的继续使用；原因在日志里",
	"serve.port_taken":     "地址 %s 已被占用：可能已有一个呼应在运行，或用 --listen 换一个端口",
	"serve.listen":         "不能在 %s 上监听，请检查地址和权限",
	"serve.cut_off":        "停止时还有请求没有办完，等了 %.0f 秒后切断；没有收到回执的内容请重新提交",
	"serve.demo_public":    "示范城市的密码是公开的，只能监听本机，不能用 %s",
	"command.unknown":      "没有“%s”这个命令，请看 huying help",
	"setting.blind":        "设置 --blind / HUYING_BLIND 的值“%s”不能用，应为 0 到 0.05 之间的数，如 0.02",
	"setting.database_url": "DATABASE_URL 不是合格的 PostgreSQL 地址，应以 postgres:// 开头",
	"setting.invalid":      "设置 %s 的值“%s”不能用",
	"setting.missing":      "缺少设置 %s：使用 %s 时必须给出",

	// catalogue
	"model.damaged":          "推荐模型不能使用（由旧版本保存或不完整），后台正在自动重新训练，请稍后再试",
	"model.empty":            "没有可供训练的文字：清单没有说明和示例，也还没有确认过的诉求",
	"learn.samples":          "没有可供训练的例子",
	"learn.singular":         "训练没有得到可用的模型，请把日志交给维护人员",
	"model.embedder":         "推荐模型是用另一个向量模型训练的，正在重新准备，请稍后再试",
	"catalogue.code_unknown": "事项编码“%s”不在清单中",
	"catalogue.empty":        "文件中没有末级事项",
	"catalogue.kind":         "单位类型“%s”不存在（事项 %s），请先导入或改正",
	"catalogue.none":         "还没有导入事项清单，请先执行 huying import catalogue",
	"catalogue.parent":       "缺少第 %d 级事项名称（事项 %s），上级不能为空",
	"model.outdated":         "清单已换成新版本，这个模型不再适用",
	"model.overtaken":        "训练期间现用的模型已经更换，这次训练的结果没有启用",
	"model.other":            "这个模型是按另一版清单或另一个向量模型训练的，不能换回",

	"catalogue.duty_cell":      "职责的第 %d 行写法不对，应为“情形｜主办单位｜协办单位、协办单位”，每行一条；这一条的示例另起一行，以“例｜”开头",
	"catalogue.export_form":    "不认识的文件类型“%s”，请用 .xlsx、.csv 或 .jsonl",
	"catalogue.export_lossy":   "表格装不下这份清单的全部内容，请改为导出 .jsonl",
	"catalogue.neighbour_cell": "易混事项的第 %d 行写法不对，应为“编码｜区别”，每行一个",
	"catalogue.file":           "不能写入文件“%s”，请检查目录是否存在、是否有写入权限",
	"catalogue.replay_form":    "试跑结果不能写成“%s”，请用 .csv 或 .xlsx",
	"catalogue.from_past":      "起始日期要晚于现在；马上启用的，请去掉 --from",
	"catalogue.map_first":      "还没有现行清单，用不着编码对照表，请去掉 --codes 再执行",
	"catalogue.map_from":       "原编码“%s”不在现行清单中，请改正或删去这一行",
	"catalogue.map_to":         "新编码“%s”不在新清单中，请改正；事项取消的，新编码留空",

	"draft.exists":      "内容与已有的版本“%s”相同，没有存下。要启用它，请在版本列表里选它",
	"draft.from_past":   "生效时间要晚于现在；想马上启用的，请留空",
	"draft.heading":     "列名对照的第 %d 行写法不对，应为“文件里的列名=标准列名”，每行一个",
	"draft.map_first":   "还没有现行清单，用不着编码对照表，请不选对照表再提交",
	"draft.no_replay":   "没有正在进行的试跑",
	"draft.not_found":   "没有找到这份待启用的清单，可能已被放弃",
	"draft.published":   "这份清单已经启用过，请到版本列表里看",
	"draft.replay_died": "试跑几次都没有做完，请把日志交给维护人员，或再试一次",
	"draft.replaying":   "正在试跑，请等它做完再操作；不想等的，可以放弃这份清单",
	"draft.too_large":   "两个文件合计超过 %d MB，没有读取。请把清单另存为 XLSX（通常小得多）再试，或请维护人员用命令行导入",

	// server
	"page.not_found":    "没有这个页面，请检查地址，或从上方菜单重新进入",
	"request.malformed": "浏览器发来的内容读不懂，请刷新页面后再试",
	"request.slow":      "处理时间太长，已经停下，请稍后再试",
	"request.too_large": "一次提交的内容超过 1 MB，没有保存，请缩短或分几次提交",

	// api
	"api.method":         "这个接口不支持 %s 方法，请对照接口文档 /api/docs",
	"api.not_found":      "没有这个接口，请对照接口文档 /api/docs 检查地址",
	"field.choice":       "“%s”只能是：%s",
	"field.id":           "“%s”不是合格的编号",
	"field.kind":         "“%s”应当是%s",
	"field.refused":      "“%s”不符合要求，请对照接口文档 /api/docs",
	"field.time":         "“%s”应当是 RFC 3339 时间，形如 2026-01-02T15:04:05+08:00",
	"field.too_big":      "“%s”不能大于 %v",
	"field.too_many":     "“%s”超过 %d 项，请减少",
	"field.too_short":    "“%s”不能为空",
	"field.too_small":    "“%s”不能小于 %v",
	"param.unknown":      "不认识的参数“%s”，请检查拼写",
	"period.empty":       "结束时间须晚于开始时间",
	"request.address":    "请求地址写法有误，请检查其中的百分号转义",
	"request.compressed": "请求内容不能压缩，请直接提交 JSON",
	"request.empty":      "缺少请求内容，请提交 JSON",
	"request.encoding":   "请求内容不是 UTF-8 编码，请转换后再提交",
	"request.json":       "请求内容不是合格的 JSON，请检查引号、逗号和括号",
	"request.media_type": "请求内容应为 application/json",
	"token.missing":      "缺少令牌，请在请求头 Authorization 中给出 Bearer 令牌",

	// postgres
	"account.not_found":       "没有登录名为“%s”的账号",
	"answer.none":             "这件事没有即时答复的记录",
	"area.unknown":            "没有这个属地，请从列表中选择",
	"backup.damaged":          "备份文件不完整或已损坏，没有恢复任何内容，请换一份备份",
	"backup.newer":            "备份来自更新的版本（结构第 %d 版，本程序是第 %d 版），请先升级程序",
	"backup.not_backup":       "这不是呼应的备份文件",
	"backup.not_empty":        "数据库里已有数据。恢复只能用于全新的数据库，以免覆盖",
	"backup.schema_newer":     "数据库结构（第 %d 版）比备份（第 %d 版）新，请恢复到全新的数据库",
	"backup.write":            "备份没有写完：磁盘已满或不能写入",
	"catalogue.ambiguous":     "有几个版本都叫“%s”，请改用版本号（见 huying catalogue versions）",
	"catalogue.changed":       "这期间已换成另一个版本，没有改动，请对照现行版本重新检查后再做",
	"catalogue.in_use":        "这个版本已在使用，不必换",
	"catalogue.not_requested": "这个版本没有等着启用，不用取消",
	"catalogue.exists":        "内容相同的事项清单已经导入过",
	"catalogue.not_found":     "没有找到这个版本的事项清单",
	"database.no_vector":      "数据库没有安装 pgvector 扩展，请安装 0.8 或更新的版本",
	"database.schema_old":     "数据库结构是第 %d 版，本程序需要第 %d 版，请先执行 huying serve 或 huying doctor",
	"database.server_old":     "PostgreSQL %s 太旧，需要 16 或更新的版本",
	"database.url":            "数据库地址 DATABASE_URL 写法有误，应形如 postgres://用户:密码@主机:5432/库名",
	"database.vector_old":     "pgvector %s 太旧，需要 0.8 或更新的版本",
	"embedding.model":         "向量模型的名称“%s”或维数 %d 不能使用：名称限字母、数字、点、下划线和连字符，维数不超过 4000",
	"kb.code":                 "编号已被另一条知识使用",
	"model.not_found":         "没有找到这个训练结果，可能已被更新的取代",
	"text.encoding":           "文字中有不能识别的字符，请删除后再试",
	"token.exists":            "已有名为“%s”的令牌，请换一个名称或先吊销它",
	"token.not_found":         "没有名为“%s”的有效令牌",
	"unit_kind.unknown":       "职责规则中有不认识的单位类别，请先导入单位",

	// sheet
	"sheet.broken":          "这个 XLSX 文件已损坏或不是真正的 XLSX，请用表格软件重新另存后再导入",
	"sheet.bomb":            "这个 XLSX 文件解压后异常大，为安全起见没有打开，请另存为 CSV 后再导入",
	"sheet.empty":           "文件是空的，第一行应当是列名",
	"sheet.encoding":        "这一行的文字编码不对，请把文件另存为 UTF-8 后再导入",
	"sheet.extra_cell":      "这一格上方没有列名，请删除多出的内容或补上列名",
	"sheet.formula":         "单元格的公式出错（%s），请改正后再导入",
	"sheet.heading_missing": "缺少必需的列“%s”，请补上这一列，或用列名对照指出对应的列",
	"sheet.heading_twice":   "列“%s”重复，同一内容只能有一列",
	"sheet.heading_unknown": "不认识的列“%s”，请删除这一列，或用列名对照指出它的含义",
	"sheet.json_object":     "这一行不是 JSON 对象，应当以 { 开头、以 } 结尾",
	"sheet.json_syntax":     "JSON 格式有误，请检查引号、逗号和括号",
	"sheet.json_type":       "“%s”应当是%s",
	"sheet.json_value":      "这一行有一个值的格式不对，请检查日期、时间或编号",
	"sheet.line_too_long":   "这一行超过 %d MB，请检查文件",
	"sheet.mapping_absent":  "列名对照里写的列“%s”在文件中没有",
	"sheet.mapping_unknown": "列名对照里的“%s”不是可以导入的内容",
	"sheet.no_sheet":        "没有名为“%s”的工作表，文件里有：%s",
	"sheet.not_table":       "这不是 CSV 或 XLSX 表格文件",
	"sheet.old_xls":         "这是旧版 XLS 或加了密码的文件，请另存为不带密码的 XLSX 或 CSV",
	"sheet.quote":           "双引号不成对，请检查这一行和前后的引号",
	"sheet.too_big":         "文件超过 %d MB，请分成几个文件导入",
	"sheet.too_many_rows":   "文件超过 %d 行，请分成几个文件导入",
	"sheet.too_wide":        "这一行超过 %d 列，请检查文件",
	"sheet.unreadable":      "文件读取中断，请重试",

	// notify
	"notification.none":      "没有到时间要发的通知",
	"notification.not_found": "没有这条通知，请刷新页面",
	"notification.settled":   "这条通知已发出或正在等着发，不用再发",
	"notification.withdrawn": "这条通知所说的事已经撤回，不能再发",
	"notify.address":         "“%s”不是邮件地址，请检查 HUYING_NOTIFY_FROM 和 HUYING_NOTIFY_TO",
	"notify.answer":          "通知服务没有收下（%s）",
	"notify.body":            "HUYING_NOTIFY_BODY 应为 JSON，其中要有 {phone} 和 {text}",
	"notify.busy":            "通知服务要求稍后再发",
	"notify.cut_off":         "通知服务的答复中断了",
	"notify.facts":           "通知的内容不全，已记录在日志中",
	"notify.key":             "缺少 HUYING_NOTIFY_KEY，业务系统靠它核对签名",
	"notify.no_contact":      "联系方式已经删除",
	"notify.no_phone":        "没有留手机号码",
	"notify.no_tls":          "邮件服务器不支持加密连接，没有发送，请换用 smtps:// 的地址",
	"notify.off":             "没有设置通知方式，只在回执页显示",
	"notify.ok":              "HUYING_NOTIFY_OK 的“%s”不是成功的标志，请写成 code=0 的样子",
	"notify.paused":          "通知服务连续出错，暂停发送",
	"notify.quiet":           "HUYING_NOTIFY_QUIET 的“%s”不是免打扰时间，请写成 21:00-08:00 的样子，不要免打扰写 off",
	"notify.refused":         "通知服务不收这一条（%s）",
	"notify.stale":           "过了时限没能发出",
	"notify.status":          "通知服务出错（%s）",
	"notify.unreachable":     "连不上通知服务",
	"notify.url":             "“%s”不是可用的地址，请检查 HUYING_NOTIFY_URL",

	// workday
	"workday.backwards":    "“%s”的结束日期早于开始日期",
	"workday.both":         "%s 与第 %d 行互相矛盾，同一天不能又休息又上班",
	"workday.date":         "“%s”不是 1990 到 2100 年间的日期，请写成 2026-10-01 的样子",
	"workday.duration":     "看不懂时长“%s”，请写明结束日期",
	"workday.ical_cut":     "日历文件不完整，从这一项起被截断，请重新下载",
	"workday.ical_line":    "这一行不是日历文件的写法，请检查文件是否完整",
	"workday.kind":         "“%s”没有说明是休还是班，请写“休”或“班”",
	"workday.neither":      "“%s”没有说明是休还是班，没有采用",
	"workday.no_file":      "还没有选文件，也没有粘贴内容，请选一个再检查",
	"workday.not_calendar": "这不是日历文件（iCal），请检查文件",
	"workday.not_found":    "这一天没有导入过，可能已被删除，请刷新页面",
	"workday.nothing":      "文件里没有放假或上班的日子，请检查文件",
	"workday.repeats":      "“%s”是每年重复的安排，放假日期每年不同，请逐年写明",
	"workday.too_large":    "日历文件超过 %d MB，请检查文件",
	"workday.too_long":     "“%s”超过 %d 天，请检查结束日期",
	"workday.unreadable":   "文件读到一半中断了，请再试一次",
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
