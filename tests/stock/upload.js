// node upload.js URL FILE STORE AUTHORIZATION, where tus-js-client is: uploads, or goes on; says how far it is.
const fs = require('fs')
const tus = require('tus-js-client')

const [, , endpoint, file, store, authorization] = process.argv
const upload = new tus.Upload(fs.createReadStream(file, { highWaterMark: 1 << 20 }), {
  endpoint,
  chunkSize: 1 << 20,
  uploadSize: fs.statSync(file).size,
  retryDelays: null,
  headers: { Authorization: authorization },
  metadata: { filename: 'größe.bin' },
  fingerprint: () => Promise.resolve('the-file'),
  urlStorage: new tus.FileUrlStorage(store),
  onChunkComplete: (_size, offset) => console.log('at', offset),
  onError: (error) => { console.log('failed', String(error)); process.exit(1) },
  onSuccess: () => console.log('done', upload.url),
})
upload.findPreviousUploads().then((found) => {
  console.log('from', found.length ? 'what is there' : 0)
  if (found.length) upload.resumeFromPreviousUpload(found[0])
  upload.start()
})
