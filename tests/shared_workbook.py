"""What tests of examples and of properties share: workbook."""

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    "  =1+1",
    "\u00a0=1",
    "＝1+1",
    "\x01=cmd|' /C calc'!A0",
    '=HYPERLINK("x";"y")',
    "|cmd",
]
