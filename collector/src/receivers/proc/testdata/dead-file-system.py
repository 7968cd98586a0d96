"""Mounts a FUSE file system whose server never answers, as a dead NFS server would not. Argument: where."""
import ctypes
import os
import sys
import time

fuse = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b"nobody", sys.argv[1].encode(), b"fuse.dead", 0, options) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
print("mounted", flush=True)
time.sleep(60)
