"""Youzan (有赞): the mall's orders and refunds."""
