"""The API for other systems (接口入口): one router a step, thin; reads through `visible_to`, writes through services."""
