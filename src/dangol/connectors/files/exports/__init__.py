"""What the shop knows, written as tables that any other program, and an import here, can read.

Rows are read in the order of their keys, a batch at a time, and written as they come: memory stays the
same whatever the size of the shop. One customer has one name in all files (`base.name_customers`).
"""
