"""All branches at one moment."""

from alignwatch.branches import Row
from alignwatch.row_list import RowList

BranchList = RowList[Row]
NO_BRANCHES = BranchList.of(())
