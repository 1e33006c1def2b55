import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type PutObjectCommandInput,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { StorageInvalidAnswer, StorageNotFound } from '../errors.ts'
import { keyRefusal, leftoverAgeMs } from '../keys.ts'
import type { KindStorage } from '../kind.ts'
import type { Settings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import type { StoredObject } from '../types.ts'
import { isStatus, s3Error } from './errors.ts'

/** What is uploaded at once; twice of it is held in memory. Objects beyond it are uploaded in parts. */
const partBytes = 8 * 1024 * 1024
const parallelParts = 2
const maxParts = 10_000
/** For taking back an upload that failed. */
const abortMs = 10_000

export function s3Storage(settings: Settings, { connector, timeouts }: Surroundings): KindStorage {
  const bucket = settings.text('bucket')
  const region = settings.text('region')
  const prefix = settings.text('prefix') === '' ? '' : `${settings.text('prefix')}/`
  const ca = settings.text('ca')
  const agentOptions = { timeoutMs: timeouts.connectMs, ...(ca === '' ? {} : { ca }) }
  const sessionToken = settings.secret('session_token')
  // Everything is given, so that nothing is looked for in the environment or asked of a cloud.
  const fixed: S3ClientConfig = {
    endpoint: settings.text('endpoint') || `https://s3.${region}.amazonaws.com`,
    region,
    forcePathStyle: settings.flag('path_style'),
    credentials: {
      accessKeyId: settings.secret('access_key_id'),
      secretAccessKey: settings.secret('secret_access_key'),
      ...(sessionToken === '' ? {} : { sessionToken }),
    },
    // Checksums of newer kinds are unknown to most compatible services.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With agents of somebody else the SDK asks whether to go on and goes on: a server that refuses cuts the connection
    // then, and why is not read any more.
    expectContinueHeader: false,
    followRegionRedirects: false,
    useArnRegion: false,
    disableS3ExpressSessionAuth: true,
    retryMode: 'standard',
    maxAttempts: 3,
  }
  // Uploads are timed here, since what is sent next is in memory already; what is read is timed by whoever reads (guard.ts),
  // who may take their time.
  const clientWith = (socketTimeout: number) => {
    const agents = connector.agents(agentOptions)
    const requestHandler = { httpAgent: agents.http, httpsAgent: agents.https, socketTimeout }
    return { agents, client: new S3Client({ ...fixed, requestHandler }) }
  }
  const [sending, asking] = [clientWith(timeouts.idleMs), clientWith(0)]
  const { client } = asking
  const at = (key: string) => ({ Bucket: bucket, Key: `${prefix}${key}` })
  const extras: Partial<PutObjectCommandInput> = {
    ...given('StorageClass', settings.text('storage_class')),
    ...given('ServerSideEncryption', settings.text('server_side_encryption')),
    ...given('SSEKMSKeyId', settings.text('kms_key_id')),
  }
  const until = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {})

  async function head(key: string, signal: AbortSignal | undefined) {
    try {
      return await client.send(new HeadObjectCommand(at(key)), until(signal))
    } catch (error) {
      if (isStatus(error, 404)) return undefined
      throw s3Error(error, bucket, key)
    }
  }

  return {
    kind: 's3',
    timesPutsItself: true,

    async put(key, body, { size, signal } = {}) {
      const source = Readable.from(body(), { objectMode: false })
      const upload = new Upload({
        client: ending(sending.client, signal),
        params: { ...at(key), ...extras, Body: source },
        // Parts grow where their number would not be enough.
        partSize: Math.max(partBytes, Math.ceil((size ?? 0) / maxParts)),
        queueSize: parallelParts,
      })
      try {
        await upload.done()
      } catch (error) {
        throw s3Error(error, bucket, key)
      } finally {
        source.destroy()
      }
    },

    async get(key, { offset = 0, signal } = {}) {
      const range = offset > 0 ? { Range: `bytes=${offset}-` } : {}
      try {
        const answer = await client.send(
          new GetObjectCommand({ ...at(key), ...range }),
          until(signal),
        )
        const size = offset > 0 ? totalOf(answer.ContentRange, offset) : answer.ContentLength
        if (!(answer.Body instanceof Readable) || size === undefined) {
          throw StorageInvalidAnswer({ why: `${key} came without its size` })
        }
        return { size, ...given('version', answer.ETag ?? ''), body: read(answer.Body, signal) }
      } catch (error) {
        if (!isStatus(error, 416)) throw s3Error(error, bucket, key)
        const found = await head(key, signal)
        if (!found) throw StorageNotFound({ key })
        return { size: found.ContentLength ?? 0, body: Readable.from([]) }
      }
    },

    async stat(key, signal) {
      const found = await head(key, signal)
      return (
        found && {
          key,
          size: found.ContentLength ?? 0,
          modifiedAtUnixMs: found.LastModified?.getTime() ?? 0,
        }
      )
    },

    async *list(below, signal) {
      let next: string | undefined
      do {
        const page = await client
          .send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: `${prefix}${below}`,
              ...(next === undefined ? {} : { ContinuationToken: next }),
            }),
            until(signal),
          )
          .catch((error: unknown) => {
            throw s3Error(error, bucket)
          })
        for (const { Key: name, Size: size, LastModified: modified } of page.Contents ?? []) {
          if (!name?.startsWith(prefix)) continue
          const key = name.slice(prefix.length)
          const object: StoredObject = {
            key,
            size: size ?? 0,
            modifiedAtUnixMs: modified?.getTime() ?? 0,
          }
          if (keyRefusal(key) === undefined) yield object
        }
        next = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (next !== undefined)
    },

    async delete(key, signal) {
      try {
        await client.send(new DeleteObjectCommand(at(key)), until(signal))
      } catch (error) {
        if (!isStatus(error, 404)) throw s3Error(error, bucket, key)
      }
    },

    async sweep(signal) {
      try {
        return await sweep(signal)
      } catch (error) {
        throw s3Error(error, bucket)
      }
    },

    async close() {
      for (const { client, agents } of [sending, asking]) {
        client.destroy()
        agents.destroy()
      }
    },
  }

  /** Parts of uploads that never ended are paid for and in no list of objects. */
  async function sweep(signal: AbortSignal | undefined): Promise<number> {
    let removed = 0
    let marker: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {}
    for (;;) {
      const page = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker }),
        until(signal),
      )
      for (const { Key: name, UploadId: id, Initiated: begun } of page.Uploads ?? []) {
        if (!name?.startsWith(prefix) || keyRefusal(name.slice(prefix.length)) !== undefined)
          continue
        if (!id || !begun || Date.now() - begun.getTime() < leftoverAgeMs) continue
        const upload = { Bucket: bucket, Key: name, UploadId: id }
        await client.send(new AbortMultipartUploadCommand(upload), until(signal))
        removed++
      }
      if (!page.IsTruncated || page.NextKeyMarker === undefined) return removed
      marker = {
        KeyMarker: page.NextKeyMarker,
        ...given('UploadIdMarker', page.NextUploadIdMarker ?? ''),
      }
    }
  }
}

/**
 * The client, as one upload sees it: every request ends by the signal, so that nothing goes on behind the back of whoever
 * gave up; taking back an upload that failed has a little time of its own, and what it leaves is swept.
 */
function ending(client: S3Client, signal: AbortSignal | undefined): S3Client {
  const send = async (command: unknown): Promise<unknown> => {
    const any = command as Parameters<S3Client['send']>[0]
    if (!(command instanceof AbortMultipartUploadCommand))
      return await client.send(any, signal ? { abortSignal: signal } : {})
    const limit = { abortSignal: AbortSignal.timeout(abortMs) }
    return await client.send(any, limit).catch(() => ({}))
  }
  // Upload calls `send` with commands alone and reads `config`.
  return { config: client.config, send } as unknown as S3Client
}

function totalOf(range: string | undefined, offset: number): number | undefined {
  const match = /^bytes ([0-9]+)-[0-9]+\/([0-9]+)$/.exec(range ?? '')
  return match && Number(match[1]) === offset ? Number(match[2]) : undefined
}

/** Ends the connection with whoever stops reading, or by the signal. */
async function* read(body: Readable, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const stop = (): void => {
    body.destroy(signal?.reason instanceof Error ? signal.reason : undefined)
  }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of body) yield chunk as Buffer
  } finally {
    signal?.removeEventListener('abort', stop)
    body.destroy()
  }
}

/** The member, unless it is empty. */
function given<N extends string>(name: N, value: string): Partial<Record<N, never>> {
  // The SDK's unions of words are closed; kind.ts offers none it does not have.
  return (value === '' ? {} : { [name]: value }) as Partial<Record<N, never>>
}
