"""``python upload.py URL FILE STORE TOKEN``, by the Python that has tuspy: uploads, or goes on; says how far it is.

It is a program of its own, since tuspy is nothing that Natterjack needs.
"""

import sys

from tusclient.client import TusClient
from tusclient.storage import filestorage

url, file, store, authorization = sys.argv[1:]
client = TusClient(url, headers={"Authorization": authorization})
uploader = client.uploader(
    file,
    chunk_size=1 << 20,
    metadata={"filename": "größe.bin"},
    store_url=True,
    url_storage=filestorage.FileStorage(store),
    upload_checksum=True,
)
print("from", uploader.offset, flush=True)
while uploader.offset < uploader.get_file_size():
    uploader.upload_chunk()
    print("at", uploader.offset, flush=True)
print("done", uploader.url, flush=True)
