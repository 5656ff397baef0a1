"""The catalog of features (特征目录), as data: name, words, formula, unit, window, direction, registers.

The names are those of the trade's list where that has one. `VERSION` changes whenever a value could come out differently.
A row of SIDES makes a feature of sales and one of purchases: `{s}` is the side's facts, `{zh}` and `{en}` its words.
"""

from collections.abc import Iterator
from typing import Final

from huoshui.errors import BadChoice
from huoshui.rules.features import Feature, FeatureDirection, FeatureUnit, Formula, Growth, Share, Taken
from huoshui.terms import RegisterKind

VERSION: Final = "1"
BASE_FEN: Final = 1_000_000
_FEN, _COUNT, _DAYS, _MONTHS = FeatureUnit.FEN, FeatureUnit.COUNT, FeatureUnit.DAYS, FeatureUnit.MONTHS
_BP, _PPM, _GRADE = FeatureUnit.BASIS_POINTS, FeatureUnit.PARTS_PER_MILLION, FeatureUnit.GRADE
_SAFE, _RISK, _NONE = FeatureDirection.SAFER, FeatureDirection.RISKIER, FeatureDirection.NONE
_SALES: Final = {"s": "sale", "zh": "销售", "en": "sales", "party": "买方", "parties": "buyers"}
_PURCHASES: Final = {"s": "buy", "zh": "采购", "en": "purchases", "party": "供应商", "parties": "suppliers"}
_R: Final = RegisterKind
_BASE: Final = ("；基数不足1万元为空", "; none below a base of 10,000 yuan")

# name for sales, name for purchases, words, formula, formula in words, unit, months, direction for sales, for purchases
SIDES: Final = (
    ("sales_12m", "purchase_12m", "近12个月{zh}额", "{en} of 12 months", Taken("{s}_12m"),
     "近12个整月合计：不含税，红字为负，作废不计", "sum of 12 full months, without tax, red negative, void left out", _FEN,
     12, _SAFE, _NONE),
    ("sales_3m", "purchase_3m", "近3个月{zh}额", "{en} of 3 months", Taken("{s}_3m"), "近3个整月合计", "sum of 3 full months",
     _FEN, 3, _SAFE, _NONE),
    ("sales_6m", "purchase_6m", "近6个月{zh}额", "{en} of 6 months", Taken("{s}_6m"), "近6个整月合计", "sum of 6 full months",
     _FEN, 6, _SAFE, _NONE),
    ("sales_13_24m", "purchase_13_24m", "上一个12个月{zh}额", "{en} of the 12 months before", Taken("{s}_13_24m"),
     "第13至24个整月合计", "sum of full months 13 to 24", _FEN, 24, _SAFE, _NONE),
    ("sales_36m", "purchase_36m", "近36个月{zh}额", "{en} of 36 months", Taken("{s}_36m"), "近36个整月合计",
     "sum of 36 full months", _FEN, 36, _SAFE, _NONE),
    ("sales_yoy", "purchase_yoy", "{zh}额同比", "{en} against the year before", Growth("{s}_12m", "{s}_13_24m", BASE_FEN),
     "近12个月 ÷ 上一个12个月 − 1" + _BASE[0], "12 months / the 12 before - 1" + _BASE[1], _BP, 24, _SAFE, _NONE),
    ("sales_6m_hoh", "purchase_6m_hoh", "{zh}额半年环比", "{en} against the half-year before",
     Growth("{s}_6m", "{s}_7_12m", BASE_FEN), "近6个月 ÷ 第7至12个月 − 1" + _BASE[0],
     "6 months / months 7 to 12 - 1" + _BASE[1], _BP, 12, _SAFE, _NONE),
    ("sales_3m_yoy", "purchase_3m_yoy", "{zh}额季度同比", "{en} of a quarter against a year ago",
     Growth("{s}_3m", "{s}_13_15m", BASE_FEN), "近3个月 ÷ 上年同期 − 1" + _BASE[0],
     "3 months / the same a year ago - 1" + _BASE[1], _BP, 15, _SAFE, _NONE),
    ("active_sale_months_12", "active_purchase_months_12", "近12个月有{zh}月数", "months with {en}", Taken("{s}_active_12"),
     "净额大于0的整月数", "full months with a net amount above 0", _MONTHS, 12, _SAFE, _SAFE),
    ("active_sale_months_36", "active_purchase_months_36", "近36个月有{zh}月数", "months of 36 with {en}",
     Taken("{s}_active_36"), "净额大于0的整月数", "full months with a net amount above 0", _MONTHS, 36, _SAFE, _SAFE),
    ("max_gap_months_12", "purchase_max_gap_months_12", "最长断票月数（{zh}）", "longest gap in {en}", Taken("{s}_gap_12"),
     "自首张发票起，连续无净额的最长月数", "longest run of months without a net amount, since the first invoice", _MONTHS, 12,
     _RISK, _RISK),
    ("last_invoice_days", "purchase_last_invoice_days", "距最近一张{zh}发票天数", "days since the last of the {en}",
     Taken("{s}_last_days"), "决策日 − 最近一张未作废发票日期", "decision day - day of the last invoice that is not void",
     _DAYS, None, _RISK, _RISK),
    ("sales_cv_12", "purchase_cv_12", "月{zh}额变异系数", "spread of monthly {en}", Taken("{s}_cv_12"),
     "月度净额标准差 ÷ 均值，至少3个月", "standard deviation / mean of monthly net amounts, of 3 months or more", _BP, 12,
     _RISK, _RISK),
    ("sales_cv_36", "purchase_cv_36", "36个月{zh}额变异系数", "spread of monthly {en} of 36 months", Taken("{s}_cv_36"),
     "月度净额标准差 ÷ 均值，至少3个月", "standard deviation / mean of monthly net amounts, of 3 months or more", _BP, 36,
     _RISK, _RISK),
    ("trend_slope", "purchase_trend_slope", "月{zh}额趋势", "trend of monthly {en}", Taken("{s}_slope_12"),
     "最小二乘斜率 ÷ 月均，至少6个月", "least-squares slope / monthly mean, of 6 months or more", _BP, 12, _SAFE, _NONE),
    ("season_peak_share", "purchase_peak_share", "旺季{zh}占比", "share of the best 3 months of {en}",
     Share("{s}_peak3_12", "{s}_12m"), "最高3个月 ÷ 12个月，需满12个月", "best 3 months / 12 months, of a full year", _BP, 12,
     _NONE, _NONE),
    ("void_rate_cnt", "purchase_void_rate_cnt", "作废率（{zh}张数）", "void share of {en} by count",
     Share("{s}_voided_12", "{s}_issued_12"), "作废张数 ÷ 全部张数", "void invoices / all invoices", _BP, 12, _RISK, _RISK),
    ("void_rate_amt", "purchase_void_rate_amt", "作废率（{zh}金额）", "void share of {en} by amount",
     Share("{s}_void_amount_12", "{s}_gross_12"), "作废金额 ÷（作废金额 + 正数金额）",
     "void amount / (void + positive amount)", _BP, 12, _RISK, _RISK),
    ("red_rate_amt", "purchase_red_rate_amt", "红字率（{zh}金额）", "red share of {en}",
     Share("{s}_red_12", "{s}_positive_12"), "红字金额绝对值 ÷ 正数金额", "absolute red amount / positive amount", _BP, 12,
     _RISK, _RISK),
    ("void_rate_cnt_36", "purchase_void_rate_cnt_36", "36个月作废率（{zh}）", "void share of {en} of 36 months",
     Share("{s}_voided_36", "{s}_issued_36"), "作废张数 ÷ 全部张数", "void invoices / all invoices", _BP, 36, _RISK, _RISK),
    ("red_rate_amt_36", "purchase_red_rate_amt_36", "36个月红字率（{zh}）", "red share of {en} of 36 months",
     Share("{s}_red_36", "{s}_positive_36"), "红字金额绝对值 ÷ 正数金额", "absolute red amount / positive amount", _BP, 36,
     _RISK, _RISK),
    ("sale_tax_rate_36", "purchase_tax_rate_36", "{zh}平均税率", "mean tax rate of {en}", Share("{s}_tax_36", "{s}_36m"),
     "税额 ÷ 不含税金额", "tax / amount without tax", _BP, 36, _NONE, _NONE),
    ("sale_invoice_cnt_12", "purchase_invoice_cnt_12", "近12个月{zh}发票张数", "invoices of {en}", Taken("{s}_issued_12"),
     "全部张数，含作废和红字", "all invoices, void and red ones too", _COUNT, 12, _SAFE, _NONE),
    ("sale_invoice_cnt_36", "purchase_invoice_cnt_36", "近36个月{zh}发票张数", "invoices of {en} of 36 months",
     Taken("{s}_issued_36"), "全部张数，含作废和红字", "all invoices, void and red ones too", _COUNT, 36, _SAFE, _NONE),
    ("month_end_share", "purchase_month_end_share", "月末集中开票占比（{zh}）", "month-end share of {en}",
     Share("{s}_month_end_12", "{s}_positive_12"), "每月最后3天正数金额 ÷ 全部正数金额",
     "positive amount of the last 3 days of months / all positive", _BP, 12, _RISK, _RISK),
    ("giant_share", "purchase_giant_share", "最大单张占比（{zh}）", "share of the largest invoice of {en}",
     Share("{s}_largest_12", "{s}_positive_12"), "最大一张 ÷ 全部正数金额", "largest invoice / all positive", _BP, 12, _RISK,
     _RISK),
    ("burst_30d", "purchase_burst_30d", "申请前突击（{zh}）", "burst of {en} before the day",
     Share("{s}_recent_30_yearly", "{s}_positive_12"), "近30天正数金额 × 12 ÷ 12个月正数金额",
     "positive amount of 30 days x 12 / that of 12 months", _BP, 12, _RISK, _NONE),
    ("top1_buyer_share", "top1_supplier_share", "第一大{party}占比", "share of the largest of the {parties}",
     Share("{s}_top1_12", "{s}_party_sum_12"), "最大一家净额 ÷ 全部正净额", "largest net amount / all positive net amounts",
     _BP, 12, _RISK, _RISK),
    ("top5_buyer_share", "top5_supplier_share", "前五大{party}占比", "share of the five largest {parties}",
     Share("{s}_top5_12", "{s}_party_sum_12"), "最大五家净额 ÷ 全部正净额",
     "five largest net amounts / all positive net amounts", _BP, 12, _RISK, _RISK),
    ("buyer_hhi", "supplier_hhi", "{party}集中度", "concentration of {parties}", Taken("{s}_hhi_12"),
     "Σ 占比²，占比按百万分之一取整", "sum of squared shares, shares in whole parts per million", _PPM, 12, _RISK, _RISK),
    ("buyer_cnt_12", "supplier_cnt_12", "近12个月{party}数", "{parties} of 12 months", Taken("{s}_parties_12"),
     "净额大于0的交易对手数", "parties with a net amount above 0", _COUNT, 12, _SAFE, _SAFE),
    ("top1_buyer_share_36", "top1_supplier_share_36", "36个月第一大{party}占比",
     "share of the largest of the {parties}, 36 months", Share("{s}_top1_36", "{s}_party_sum_36"),
     "最大一家净额 ÷ 全部正净额", "largest net amount / all positive net amounts", _BP, 36, _RISK, _RISK),
    ("buyer_hhi_36", "supplier_hhi_36", "36个月{party}集中度", "concentration of {parties}, 36 months", Taken("{s}_hhi_36"),
     "Σ 占比²，占比按百万分之一取整", "sum of squared shares, shares in whole parts per million", _PPM, 36, _RISK, _RISK),
    ("buyer_cnt_36", "supplier_cnt_36", "近36个月{party}数", "{parties} of 36 months", Taken("{s}_parties_36"),
     "净额大于0的交易对手数", "parties with a net amount above 0", _COUNT, 36, _SAFE, _SAFE),
    ("new_buyer_share", "new_supplier_share", "新{party}占比", "share of new {parties}",
     Share("{s}_new_sum_12", "{s}_party_sum_12"), "上一个12个月未交易的对手净额 ÷ 全部正净额；无上年为空",
     "net amount of parties unseen in the 12 months before / all; none without such a year", _BP, 24, _NONE, _NONE),
    ("buyer_retention", "supplier_retention", "{party}留存率", "retention of {parties}",
     Share("{s}_kept_parties", "{s}_parties_13_24"), "两年均有交易的家数 ÷ 上年家数",
     "parties of both years / parties of the year before", _BP, 24, _SAFE, _SAFE),
    ("new_party_large_share", "new_supplier_large_share", "首次大额{party}占比", "share of sudden large {parties}",
     Share("{s}_new_large_12", "{s}_positive_12"), "首次交易当月即超该月20%的对手当月金额 ÷ 全部正数金额；首3个月不计",
     "amount of parties in their first month where over 20 % of it / all positive; not in the first 3 months", _BP, 12, _RISK,
     _RISK),
    ("shared_buyer_share", "shared_supplier_share", "与他户共同的{party}占比", "share of {parties} that other firms have too",
     Share("{s}_shared_12", "{s}_party_sum_12"), "与名录内其他主体也有交易的对手净额 ÷ 全部正净额",
     "net amount of parties that another firm of the register trades with / all", _BP, 12, _NONE, _NONE),
)  # fmt: skip

# name, words, formula, formula in words, unit, months, direction, registers
OTHERS: Final = (
    ("input_output_ratio", "进销比", "purchases to sales", Share("buy_12m", "sale_12m"), "近12个月采购额 ÷ 销售额",
     "purchases / sales of 12 months", _BP, 12, _NONE, (_R.INVOICES,)),
    ("input_output_ratio_36", "36个月进销比", "purchases to sales of 36 months", Share("buy_36m", "sale_36m"),
     "近36个月采购额 ÷ 销售额", "purchases / sales of 36 months", _BP, 36, _NONE, (_R.INVOICES,)),
    ("loss_months_12", "进大于销月数", "months with more purchases than sales", Taken("loss_months_12"),
     "采购净额大于销售净额的月数", "months with net purchases above net sales", _MONTHS, 12, _RISK, (_R.INVOICES,)),
    ("round_trip_share", "对开占比", "round trips between buyer and supplier", Share("round_value_12", "traded_12"),
     "既是买方又是供应商的对手购销额 ÷ 全部购销额", "sales and purchases with parties that are both / all of both", _BP, 12,
     _RISK, (_R.INVOICES,)),
    ("round_trip_offset", "对开可抵额占比", "round trips that cancel out", Share("round_offset_12", "sale_party_sum_12"),
     "同一对手购销额中较小者之和 ÷ 销售额", "sum of the smaller of sales and purchases by party / sales", _BP, 12, _RISK,
     (_R.INVOICES,)),
    ("round_trip_parties", "对开对手数", "parties that are buyer and supplier", Taken("round_parties_12"),
     "既是买方又是供应商的对手数", "parties that are both", _COUNT, 12, _RISK, (_R.INVOICES,)),
    ("own_party_share", "自开自受占比", "trade with itself", Share("own_value_12", "traded_12"),
     "与本企业自身的购销额 ÷ 全部购销额", "sales to and purchases from itself / all of both", _BP, 12, _RISK, (_R.INVOICES,)),
    ("declared_12m", "近12个月申报销售额", "declared sales of 12 months", Taken("declared_12"),
     "所属期止在近12个整月的申报销售额合计", "sum of the filings whose period ends in the 12 full months", _FEN, 12, _SAFE,
     (_R.TAX,)),
    ("declared_yoy", "申报销售额同比", "declared sales against the year before",
     Growth("declared_12", "declared_13_24", BASE_FEN), "近12个月 ÷ 上一个12个月 − 1" + _BASE[0],
     "12 months / the 12 before - 1" + _BASE[1], _BP, 24, _SAFE, (_R.TAX,)),
    ("declared_vs_invoiced", "申报与开票之比", "declared to invoiced sales", Share("declared_12", "sale_12m"),
     "近12个月申报销售额 ÷ 开票销售额，应接近1", "declared / invoiced sales of 12 months, expected near 1", _BP, 12, _NONE,
     (_R.TAX, _R.INVOICES)),
    ("tax_total_12m", "近12个月纳税额", "tax paid in 12 months", Taken("tax_12"), "近12个整月已缴税额合计",
     "sum of tax paid for 12 full months", _FEN, 12, _SAFE, (_R.TAX,)),
    ("tax_yoy", "纳税额同比", "tax paid against the year before", Growth("tax_12", "tax_13_24", BASE_FEN),
     "近12个月 ÷ 上一个12个月 − 1" + _BASE[0], "12 months / the 12 before - 1" + _BASE[1], _BP, 24, _SAFE, (_R.TAX,)),
    ("tax_burden", "税负率", "tax burden", Share("tax_12", "sale_12m"), "近12个月纳税额 ÷ 开票销售额",
     "tax paid / invoiced sales of 12 months", _BP, 12, _NONE, (_R.TAX, _R.INVOICES)),
    ("tax_burden_declared", "申报税负率", "tax burden on declared sales", Share("tax_12", "declared_12"),
     "近12个月纳税额 ÷ 申报销售额", "tax paid / declared sales of 12 months", _BP, 12, _NONE, (_R.TAX,)),
    ("tax_paid_months_24", "近24个月有税月数", "months with tax paid", Taken("tax_months_24"), "已缴税额大于0的整月数",
     "full months with tax paid above 0", _MONTHS, 24, _SAFE, (_R.TAX,)),
    ("tax_max_gap_months_24", "最长断税月数", "longest gap in tax paid", Taken("tax_gap_24"),
     "自首次申报起，连续无税款的最长月数", "longest run of months without tax paid, since the first filing", _MONTHS, 24,
     _RISK, (_R.TAX,)),
    ("late_filing_cnt_24", "逾期申报次数", "late filings", Taken("late_filings_24"),
     "申报日晚于所属期次月末的次数（次月末已含节假日顺延）",
     "filings after the last day of the month that follows the period", _COUNT, 24, _RISK, (_R.TAX,)),
    ("late_filing_days_24", "最长逾期申报天数", "days of the latest filing", Taken("late_days_24"),
     "申报日 − 所属期次月末，最大值", "largest of filing day - last day of the month that follows the period", _DAYS, 24,
     _RISK, (_R.TAX,)),
    ("tax_grade", "纳税信用等级", "tax credit grade", Taken("tax_grade"), "最近一次申报所载：A 1，B 2，M 3，C 4，D 5",
     "of the last filing that has one: A 1, B 2, M 3, C 4, D 5", _GRADE, None, _RISK, (_R.TAX,)),
    ("grade_change", "纳税信用等级变化", "change of the tax credit grade", Taken("grade_change"),
     "现等级序号 − 一年前序号，正数为下降", "place now - place a year ago, above 0 is worse", _GRADE, 12, _RISK, (_R.TAX,)),
    ("firm_age_months", "成立月数", "age of the firm", Taken("age_months"), "成立日至决策日的整月数",
     "full months from establishment to the decision day", _MONTHS, None, _SAFE, (_R.REGISTRY,)),
    ("registered_capital", "注册资本", "registered capital", Taken("capital"), "登记的注册资本", "capital in the registry",
     _FEN, None, _SAFE, (_R.REGISTRY,)),
    ("headcount_ss", "参保人数", "people insured", Taken("headcount"), "近12个整月内最近一个月的参保人数",
     "people insured in the last month of 12 that tells it", _COUNT, 12, _SAFE, (_R.SOCIAL_SECURITY,)),
    ("headcount_yoy", "参保人数同比", "people insured against a year ago", Growth("headcount", "headcount_before"),
     "最近一个月 ÷ 上年同月 − 1", "that month / the same a year before - 1", _BP, 24, _SAFE, (_R.SOCIAL_SECURITY,)),
    ("insurance_paid_share", "社保实缴率", "share of social security paid", Share("insurance_paid_12", "insurance_due_12"),
     "近12个月实缴 ÷ 应缴", "paid / due of 12 months", _BP, 12, _SAFE, (_R.SOCIAL_SECURITY,)),
    ("insurance_short_months_12", "社保欠缴月数", "months of social security short", Taken("insurance_short_12"),
     "实缴小于应缴的月数", "months with less paid than due", _MONTHS, 12, _RISK, (_R.SOCIAL_SECURITY,)),
    ("litigations_24", "近24个月涉诉数", "law cases", Taken("cases_24"), "24个整月及当月立案数，行政处罚除外",
     "cases filed in 24 full months and since, penalties apart", _COUNT, 24, _RISK, (_R.LITIGATION,)),
    ("litigations_as_defendant_24", "近24个月被诉数", "law cases as defendant", Taken("cases_as_defendant_24"),
     "其中作为被告或被执行人", "of these as defendant or judgment debtor", _COUNT, 24, _RISK, (_R.LITIGATION,)),
    ("litigation_amount_24", "近24个月被诉金额", "amount of law cases as defendant", Taken("case_amount_24"),
     "作为被告的涉案金额合计", "sum of the amounts as defendant", _FEN, 24, _RISK, (_R.LITIGATION,)),
    ("open_litigations", "未结案件数", "open law cases", Taken("cases_open"), "决策日尚未结案",
     "not closed on the decision day", _COUNT, None, _RISK, (_R.LITIGATION,)),
    ("penalties_24", "近24个月行政处罚数", "administrative penalties", Taken("penalties_24"), "24个整月及当月处罚数",
     "penalties in 24 full months and since", _COUNT, 24, _RISK, (_R.LITIGATION,)),
    ("loan_balance", "贷款余额", "loan balance", Taken("loan_balance"), "决策日未结清的经营性贷款余额合计",
     "balance of business loans open on the decision day", _FEN, None, _NONE, (_R.LOANS,)),
    ("open_loans", "未结清贷款笔数", "open loans", Taken("loans_open"), "决策日未结清的经营性贷款笔数",
     "business loans open on the decision day", _COUNT, None, _NONE, (_R.LOANS,)),
    ("debt_to_sales", "贷款销售比", "debt to sales", Share("loan_balance", "sale_12m"), "贷款余额 ÷ 近12个月销售额",
     "loan balance / sales of 12 months", _BP, 12, _RISK, (_R.LOANS, _R.INVOICES)),
    ("months_of_data", "数据月数", "months of data", Taken("months_of_data"), "自首张发票所在月至截止月的整月数",
     "full months from that of the first invoice on", _MONTHS, None, _SAFE, (_R.INVOICES,)),
)  # fmt: skip


def _features() -> Iterator[Feature]:
    for sale, buy, zh, en, formula, reads_zh, reads_en, unit, months, safe, other in SIDES:
        for name, words, direction in ((sale, _SALES, safe), (buy, _PURCHASES, other)):
            zh_here, en_here = zh.format(**words), en.format(**words)
            formula_here = _named(formula, words)
            yield Feature(name, zh_here, en_here, formula_here, reads_zh, reads_en, unit, months, direction, (_R.INVOICES,))
    for row in OTHERS:
        yield Feature(*row)


def _named(formula: Formula, words: dict[str, str]) -> Formula:
    if isinstance(formula, Taken):
        return Taken(formula.fact.format(**words))
    return type(formula)(formula.part.format(**words), formula.whole.format(**words), formula.least)


CATALOG: Final = tuple(_features())
BY_NAME: Final = {x.name: x for x in CATALOG}


# features of the trade's list that no register brings the fields for, and which
NOT_COVERED: Final = {
    "related_sales_share": "the controllers and addresses of firms",
    "product_match": "the items of an invoice and the scope of business",
    "vat_paid_12m": "the kind of each tax",
    "cit_paid_12m": "the kind of each tax",
    "tax_arrears": "the tax that is owed",
    "profit_rate_declared": "the profit in the income tax return",
    "asset_liability_declared": "the balance sheet in the income tax return",
    "licence_changes_12": "changes in the registry",
    "controller_changes_12": "changes in the registry",
    "address_changes_12": "changes in the registry",
    "queries_2m": "the queries of banks",
}


def feature(name: str) -> Feature:
    """A feature by its name (按名称取特征); raises BadChoice, which says what one of the trade's list would need."""
    if name in NOT_COVERED:
        raise BadChoice(f"{name} is not there: it needs {NOT_COVERED[name]}, which no register brings", field="explain")
    if name not in BY_NAME:
        raise BadChoice(f"there is no feature {name!r}; `huoshui features --list` names all {len(CATALOG)}", field="explain")
    return BY_NAME[name]
