"""The card of a model (模型卡): what a committee reads, as a page and as a PDF, in Chinese and English, of one content."""
