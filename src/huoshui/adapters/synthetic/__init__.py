"""Synthetic registers with known truth (合成登记数据): a stand-in for the registers that no one outside an office may hold.

Everything is a pure function of the seed and a firm's number, so that any part of any run can be made alone and comes out
the same. Nothing in it is about a real firm.
"""
