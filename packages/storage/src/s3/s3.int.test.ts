import { CreateMultipartUploadCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3'
import { egressPolicy, openConnector } from '@holdfast/egress'
import { allowLoopback, type ContractTarget, storageContract } from '../testing/contract.ts'
import { startSwift } from './testing/swift.ts'

async function start(): Promise<ContractTarget | string> {
  const swift = await startSwift()
  if (typeof swift === 'string') return swift
  const { port, ca, accessKeyId, secretAccessKey, buckets } = swift
  const at = (bucket: string) => (host: string) => ({
    endpoint: `https://${host}:${port}`,
    bucket,
    prefix: 'office/holdfast',
    ca,
  })
  return {
    ports: [port],
    config: at(buckets.room),
    credentials: { access_key_id: accessKeyId, secret_access_key: secretAccessKey },
    wrongCredentials: { access_key_id: accessKeyId, secret_access_key: 'not the secret' },
    full: { config: at(buckets.full) },
    async leave() {
      const agents = openConnector({ policy: egressPolicy(allowLoopback) }).agents({
        ca,
        timeoutMs: 5_000,
      })
      const client = new S3Client({
        endpoint: `https://127.0.0.1:${port}`,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { accessKeyId, secretAccessKey },
        requestHandler: { httpsAgent: agents.https },
      })
      const object = { Bucket: buckets.room, Key: 'office/holdfast/left/gone' }
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(object))
      await client.send(
        new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: 'a part' }),
      )
      client.destroy()
      agents.destroy()
    },
    stop: swift.stop,
  }
}

storageContract('s3', start)
