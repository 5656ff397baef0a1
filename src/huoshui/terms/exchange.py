"""The words of what other systems do here (系统对接术语)."""

from huoshui.terms.base import Term


class ApiScope(Term):
    """What a token of the API allows (接口权限)."""

    FIRMS_READ = "firms_read", "读取企业", "read firms"
    VISITS_READ = "visits_read", "读取走访", "read visits"
    VISITS_WRITE = "visits_write", "登记走访", "record visits"
    DEMANDS_READ = "demands_read", "读取融资需求", "read demands"
    DEMANDS_WRITE = "demands_write", "办理融资需求", "work on demands"
    LISTS_READ = "lists_read", "读取两张清单", "read both lists"
    LISTS_WRITE = "lists_write", "办理清单与推送", "review and push"
    EVENTS_READ = "events_read", "读取事件", "read events"


class DeliveryStage(Term):
    """How far the delivery of one event to one address is (推送状态)."""

    WAITING = "waiting", "待推送", "waiting"
    DELIVERED = "delivered", "已送达", "delivered"
    GIVEN_UP = "given_up", "已放弃", "given up"


class Condition(Term):
    """What a part of an installation is worth (体检结论)."""

    GOOD = "good", "正常", "good"
    STAND_IN = "stand_in", "替代品", "a stand-in"
    MISSING = "missing", "缺失", "missing for production"
