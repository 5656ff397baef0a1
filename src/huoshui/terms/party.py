"""The words of people, organizations and who may do what (参与方术语)."""

from huoshui.terms.base import Term


class OrganizationKind(Term):
    """What kind of organization takes part (机构类别)."""

    GOVERNMENT = "government", "政府部门", "government office"
    TASK_FORCE = "task_force", "工作专班", "task force"
    BANK = "bank", "银行", "bank"
    PLATFORM = "platform", "平台运营方", "platform operator"


class OrganizationLevel(Term):
    """Where an organization stands in its tree (机构层级)."""

    NATION = "nation", "国家", "nation"
    PROVINCE = "province", "省", "province"
    CITY = "city", "市", "city"
    COUNTY = "county", "县区", "county"
    TOWNSHIP = "township", "乡镇街道", "township"
    HEAD_OFFICE = "head_office", "总行", "head office"
    BRANCH = "branch", "分行", "branch"
    SUB_BRANCH = "sub_branch", "支行", "sub-branch"
    DEPARTMENT = "department", "部门", "department"


class Role(Term):
    """What a person does here (角色)."""

    VISITOR = "visitor", "走访人员", "visitor"
    OFFICER = "officer", "专班工作人员", "task-force officer"
    LEAD = "lead", "专班负责人", "task-force lead"
    CLIENT_MANAGER = "client_manager", "客户经理", "bank client manager"
    REVIEWER = "reviewer", "银行审查人", "bank reviewer"
    APPROVER = "approver", "银行审批人", "bank approver"
    AUDITOR = "auditor", "财政审计人员", "finance auditor"
    REGULATOR = "regulator", "监管人员", "regulator"
    OPERATOR = "operator", "平台运维人员", "operator"
    LEGAL_REPRESENTATIVE = "legal_representative", "法定代表人", "legal representative"
    AGENT = "agent", "经办人", "firm's agent"


class ConsentPurpose(Term):
    """What a person agrees to (同意事项)."""

    SERVICE = "service", "用户服务协议与个人信息处理", "terms of service and handling of personal data"
    IDENTITY = "identity", "核验身份信息", "checking the identity"
    SHARE_WITH_BANKS = "share_with_banks", "向所选银行提供需求信息", "passing the demand on to the chosen banks"
    CREDIT_INQUIRY = "credit_inquiry", "查询信用信息", "looking up credit information"
    PLACE = "place", "记录粗略位置", "keeping a coarse place"
