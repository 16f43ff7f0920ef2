"""The places where people review: GitHub, GitLab, Bitbucket and Azure DevOps, one file each.

`comment.py` says what a sticky comment is, `exchange.py` how a request is made; a forge is a `Thread`.
"""
