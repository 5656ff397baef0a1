"""The features step (特征构建): registers in, one row of whole numbers a firm out, or the features of one firm."""
