"""The pages (网页入口): one file a step, thin; reads through `visible_to`, writes through services."""
