"""Acts (业务动作): a service brings a rule and a policy together."""
