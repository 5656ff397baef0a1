"""The words of synthetic names and registers (合成用词): characters, trades with their industry codes, forms, statuses."""

from dataclasses import dataclass
from typing import Final

from huoshui.terms import EntityKind

HANZI: Final = (
    "安邦宝博昌长成诚达德鼎丰福富高冠广国海瀚航豪昊浩和恒宏弘鸿厚华辉汇惠慧吉佳嘉坚建健江锦金晋京晶精景敬静久九聚君骏"
    "凯康科可宽坤兰朗乐磊力立利丽联良亮林霖凌龙隆鲁路伦罗满茂美蒙妙明铭牧纳南能宁诺欧沛鹏品平朴普奇祺启千乾谦强桥勤青"
    "清晴庆秋泉群仁荣融如瑞润若三森山杉尚韶绍申深盛胜圣世仕双硕思松颂苏泰腾天田铁通同途拓万旺威维伟卫文雯沃武西熙喜先"
    "贤献祥翔向晓协欣新信兴星雄修秀旭轩雅雁阳扬耀业一亿义艺益谊翼银英颖永勇优友宇玉裕煜誉元园源远悦跃越云运泽展彰兆哲珍"
    "真振正政之志智中忠众舟洲卓子紫自宗祖尊左佐白百柏北奔彬滨冰波伯步采灿畅超辰晨川春淳聪翠丹道登迪典东冬栋端敦多恩发方芳"
    "飞峰风枫凤甫阁格耕拱谷观光贵桂郝禾河荷恺虎花桦怀欢皇晖绘火基积极济家甲俭剑姣杰洁捷津进竞炬巨开楷克空魁览岚蓝雷黎礼"
    "连廉莲流柳露绿洛麦梅梦民墨木慕楠念农攀培琪琦麒骐前巧秦琴权全确然日蓉儒赛桑沙上升生晟诗石时实书舒树水顺朔丝甜听庭亭望微"
    "为闻问沐希曦霞夏仙香湘萧笑心杏幸学雪寻亚燕央养遥叶依怡忆逸意因音盈营映雍游宥余渔雨语育毓渊原苑月粤芸韵再赞早增芝织竹筑专准"
)
TYPOS: Final = "鑫淼垚焱犇垒锌钢馨瀑堃喆珺赟璟翀祎彧镕奭炘炫烨焜熠燊梓栩桉榕"
INSERTS: Final = ("", "360", "AI", "88", "e家", "V5")


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade as names say it (行业用词) with the classes of GB/T 4754 that firms of it are registered under."""

    word: str
    industries: tuple[str, ...]
    is_farming: bool = False


def _trades(table: str, *, is_farming: bool = False) -> tuple[Trade, ...]:
    rows = (line.split() for line in table.strip().splitlines())
    return tuple(Trade(row[0], tuple(row[1:]), is_farming) for row in rows)


TRADES: Final = (
    *_trades(
        """
        种植 0111 0113 0141 0190
        果蔬 0141 0151 0153
        茶业 0164 0142
        畜牧养殖 0313 0314 0321
        水产 0411 0412
        苗木 0143 0212
        林业 0220 0241
        农机 0512 0519
        """,
        is_farming=True,
    ),
    *_trades(
        """
        食品 1411 1399 1499
        粮油 1311 1331
        饮料 1522 1529
        纺织 1751 1711
        制衣 1819 1829
        鞋业 1952 1953
        木业 2011 2032
        家具 2110 2190
        纸品 2231 2239
        包装 2319 2926
        工艺品 2439 2431
        化工 2614 2669
        涂料 2641
        医药 2720 2740
        塑胶 2929 2921
        建筑材料 3021 3039
        陶瓷 3071 3074
        石材 3032 1019
        金属制品 3311 3399
        模具 3525
        机械 3459 3599
        汽车配件 3670
        电器 3857 3829
        光电 3979 3976
        仪表 4019
        矿业 0810 1011
        新能源 4416 4413
        水务 4610 4620
        建筑工程 4710 4790
        市政园林 4813 4891
        装饰工程 5011 5012
        机电安装 4910 4920
        商贸 5199 5129 5179
        贸易 5199 5165 5181
        进出口 5199 5189
        供应链 5199 7224
        五金 5174 5281
        建材 5165 5289
        酒业 5127 5226
        农资 5166 5112
        电子商务 5193 5292
        百货 5211 5299
        超市 5212 5213
        服饰 5232 5132
        鲜果 5223 5123
        烟酒 5227 5226
        家电 5272 5138
        手机通讯 5274 5177
        大药房 5251 5252
        眼镜 5236
        花卉 5299 5119
        日用品 5239 5135
        电动车 5238 5264
        货运 5431 5439
        物流 5431 5821 5810
        客运 5422 5413
        装卸 5910
        仓储 5920 5990
        冷链 5930
        粮食储运 5951
        快递 6020
        速递 6020 6090
        酒店 6110 6121
        民宿 6130 6129
        餐饮 6210 6220
        饭庄 6210
        小吃 6291
        茶饮 6239 6231
        通信 6311 6319
        网络 6410 6429 6432
        信息技术 6531 6560
        软件 6513 6511
        数据 6550 6450
        置业 7010
        地产开发 7010
        物业 7020
        房产经纪 7030
        房屋租赁 7040
        设备租赁 7113 7119
        汽车租赁 7111
        企业管理 7211 7219
        人力资源 7263 7269
        广告 7259 7251
        商务咨询 7243 7249
        旅行社 7291
        会计 7241
        科技 7320 7590 6513
        检测 7452
        工程设计 7484
        环保 7516 7721
        绿化 7840
        家政 8010
        美容美发 8040
        汽修 8111
        洗涤 8030
        养老 8514
        文化传媒 8710 8810
        影视 8730
        健身 8930 8919
        小额贷款 6635 6620
        幼儿教育 8310
        培训 8391 8399
        门诊 8425 8424
        铁路 5320 5310
        """
    ),
)
INDUSTRIES: Final = tuple(sorted({code for trade in TRADES for code in trade.industries}))
SECTIONS: Final = (
    ("A", 1, 5), ("B", 6, 12), ("C", 13, 43), ("D", 44, 46), ("E", 47, 50), ("F", 51, 52), ("G", 53, 60), ("H", 61, 62),
    ("I", 63, 65), ("J", 66, 69), ("K", 70, 70), ("L", 71, 72), ("M", 73, 75), ("N", 76, 79), ("O", 80, 82), ("P", 83, 83),
    ("Q", 84, 85), ("R", 86, 90), ("S", 91, 96), ("T", 97, 97),
)  # fmt: skip


def with_section(code: str) -> str:
    """An industry code with its section letter (带门类字母的行业代码): 6510 gives I6510."""
    division = int(code[:2])
    return next(letter for letter, first, last in SECTIONS if first <= division <= last) + code


@dataclass(frozen=True, slots=True)
class Form:
    """A legal form as names end and as registers call it (组织形式), with its weight among firms of its kind."""

    kind: EntityKind
    ending: str
    weight: int
    types: tuple[str, ...]
    is_family_farm: bool = False
    is_branch: bool = False


_LIMITED: Final = (
    "有限责任公司(自然人投资或控股)", "有限责任公司(自然人独资)", "有限责任公司（自然人投资或控股）", "其他有限责任公司",
    "有限责任公司(自然人投资或控股的法人独资)", "有限责任公司(外商投资、非独资)",
)  # fmt: skip
_SOLE: Final = ("个体工商户", "个体工商户", "个体", "个体户")
FORMS: Final = (
    Form(EntityKind.ENTERPRISE, "有限公司", 68, _LIMITED),
    Form(EntityKind.ENTERPRISE, "有限责任公司", 18, _LIMITED),
    Form(EntityKind.ENTERPRISE, "集团有限公司", 1, _LIMITED),
    Form(EntityKind.ENTERPRISE, "股份有限公司", 3, ("股份有限公司(非上市、自然人投资或控股)", "股份有限公司(非上市)")),
    Form(EntityKind.ENTERPRISE, "厂", 8, ("个人独资企业", "集体所有制", "全民所有制")),
    Form(EntityKind.ENTERPRISE, "合伙企业（有限合伙）", 2, ("有限合伙企业", "普通合伙企业")),
    Form(EntityKind.SOLE_TRADER, "店", 26, _SOLE),
    Form(EntityKind.SOLE_TRADER, "商行", 24, _SOLE),
    Form(EntityKind.SOLE_TRADER, "经营部", 20, _SOLE),
    Form(EntityKind.SOLE_TRADER, "服务部", 12, _SOLE),
    Form(EntityKind.SOLE_TRADER, "工作室", 10, _SOLE),
    Form(EntityKind.SOLE_TRADER, "门市部", 8, _SOLE),
    Form(EntityKind.SOLE_TRADER, "家庭农场", 0, _SOLE, is_family_farm=True),
    Form(EntityKind.COOPERATIVE, "农民专业合作社", 70, ("农民专业合作社",)),
    Form(EntityKind.COOPERATIVE, "专业合作社", 30, ("农民专业合作社", "农民专业合作社分支机构")),
    Form(EntityKind.SOCIAL_GROUP, "协会", 60, ("社会团体",)),
    Form(EntityKind.SOCIAL_GROUP, "商会", 40, ("社会团体", "社会团体法人")),
    Form(EntityKind.PRIVATE_NON_ENTERPRISE, "职业培训学校", 50, ("民办非企业单位",)),
    Form(EntityKind.PRIVATE_NON_ENTERPRISE, "公益服务中心", 50, ("民办非企业单位", "社会服务机构")),
    Form(EntityKind.PUBLIC_INSTITUTION, "管理站", 60, ("事业单位",)),
    Form(EntityKind.PUBLIC_INSTITUTION, "事务中心", 40, ("事业单位", "事业单位法人")),
    Form(EntityKind.ORGAN, "管理局", 100, ("机关", "机关法人")),
    Form(EntityKind.ENTERPRISE, "分公司", 0, ("有限责任公司分公司(自然人投资或控股)",), is_branch=True),
)
FAMILY_FARM: Final = next(i for i, form in enumerate(FORMS) if form.is_family_farm)
BRANCH: Final = next(i for i, form in enumerate(FORMS) if form.is_branch)
KINDS: Final = tuple(dict.fromkeys(form.kind for form in FORMS))
KIND_PREFIXES: Final = {
    EntityKind.ENTERPRISE: "91",
    EntityKind.SOLE_TRADER: "92",
    EntityKind.COOPERATIVE: "93",
    EntityKind.SOCIAL_GROUP: "51",
    EntityKind.PRIVATE_NON_ENTERPRISE: "52",
    EntityKind.PUBLIC_INSTITUTION: "12",
    EntityKind.ORGAN: "11",
}
SERVED: Final = frozenset({EntityKind.ENTERPRISE, EntityKind.SOLE_TRADER, EntityKind.COOPERATIVE})
KIND_WEIGHTS: Final = (500, 420, 0, 22, 28, 22, 8)
FARMING_KIND_WEIGHTS: Final = (160, 240, 520, 22, 28, 22, 8)
TYPES: Final = tuple(dict.fromkeys(x for form in FORMS for x in form.types))

STATUSES: Final = (
    ("存续（在营、开业、在册）", 46_000),
    ("存续(在营、开业、在册)", 4_000),
    ("存续", 8_000),
    ("在业", 11_000),
    ("开业", 9_700),
    ("注销", 13_000),
    ("吊销，未注销", 4_000),
    ("吊销,已注销", 800),
    ("迁出", 2_000),
    ("歇业", 1_200),
    (None, 300),
)
TOWNSHIPS: Final = tuple(
    (
        "城关镇 城东街道 城西街道 城南街道 城北街道 中山街道 解放街道 新城街道 开发区街道 东门镇 西溪镇 南湖镇 "
        "北渡镇 大桥镇 石桥镇 白沙镇 青山镇 双溪镇 龙潭镇 凤山镇 湖滨镇 江口镇 梅林镇 "
        "三河乡 太平乡 永和乡 上村乡 下塘乡 柳林乡 杨树乡 高坪乡 马坪乡"
    ).split()
)
LENDERS: Final = tuple(f"样例银行{number:02d}" for number in range(1, 41))
GRADES: Final = (("A", 12), ("B", 48), ("M", 25), ("C", 10), ("D", 5))
