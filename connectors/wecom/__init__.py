"""WeCom (企业微信): its callbacks in, welcome messages, mass messages and tags out."""
