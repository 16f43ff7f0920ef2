"""The way from the account back to the files: export, drift and its return.

``plan`` and ``apply`` carry files to the account; these modules go the other way. None of them writes to the
account, and every text they change is read again before it is kept: it must mean what was intended.
"""
