"""The platforms on this machine: WeCom's API with its tokens, deadlines and limits, and callbacks as WeCom, Youzan and
WeChat Store send them. Everything that reaches it is written down durably before it is answered.

`settings` and `app` put it together; `world` is what the platforms know, `calls` what can be asked of WeCom, `wire` what a
callback looks like, `sender` how it is sent, `control` what a demo or a test may do to the world.
"""
