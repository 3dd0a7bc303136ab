"""Sign-in with WeCom 企业微信, DingTalk 钉钉 and Feishu 飞书, for people who have a login here already.

The app says which of its accounts is at the other end; ``xuequ.kit.credentials.outside`` knows whose login that is.
allauth's own DingTalk and Feishu are not used: their addresses are fixed (no private deployment, no stand-in), they
keep the whole profile with name, picture and telephone number, know people by an id that changes with the app, and
open a way to sign up. What comes after the app's answer (closed accounts, second factor, a fresh session) is allauth's.
"""
