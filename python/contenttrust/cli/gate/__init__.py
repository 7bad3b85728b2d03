"""`contenttrust gate …`: are the images that files name signed, and as which digest?"""
