"""WeChat Store (微信小店): orders, after-sales, coupons and vouchers."""
