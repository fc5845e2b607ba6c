"""The towns, studies and broken inputs that tests share: small enough to do by hand."""
