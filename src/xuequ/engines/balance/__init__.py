"""Balance 均衡: how evenly schools are equipped, what the rules ask, the least that mends it, money and partners."""
