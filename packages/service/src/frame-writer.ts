import { frameBytes } from './limits.ts'

/** What a frame is written to: as much of a stream as this needs. */
interface Sink<Frame> {
  write(frame: Frame): boolean
  once(event: 'drain', listener: () => void): unknown
}

/**
 * Collects what one turn of the event loop has to say and sends it as one frame; a frame that grows large
 * goes at once. While the other end does not keep up everything waits here, and `isBlocked` says so.
 */
export interface FrameWriter<Item> {
  push(item: Item, bytes: number): void
  /** Sends what has been collected, now. */
  flush(): void
  isBlocked(): boolean
  /** Calls back when everything said so far has been handed to the stream. */
  whenEmpty(listener: () => void): void
}

export function frameWriter<Item, Frame>(
  sink: Sink<Frame>,
  frame: (items: Item[]) => Frame,
  onUnblock: () => void = () => undefined,
): FrameWriter<Item> {
  let items: Item[] = []
  let sizes: number[] = []
  let isScheduled = false
  let isBlocked = false
  let waiting: (() => void)[] = []

  function flush(): void {
    isScheduled = false
    while (items.length > 0 && !isBlocked) {
      let count = 0
      let bytes = 0
      while (count < items.length && (count === 0 || bytes < frameBytes)) {
        bytes += sizes[count] ?? 0
        count += 1
      }
      const batch = count === items.length ? items : items.slice(0, count)
      items = count === items.length ? [] : items.slice(count)
      sizes = items.length === 0 ? [] : sizes.slice(count)
      if (!sink.write(frame(batch))) {
        isBlocked = true
        sink.once('drain', unblock)
      }
    }
    if (items.length === 0 && waiting.length > 0) {
      const listeners = waiting
      waiting = []
      for (const listener of listeners) listener()
    }
  }

  function unblock(): void {
    isBlocked = false
    flush()
    if (!isBlocked) onUnblock()
  }

  return {
    push(item, bytes) {
      items.push(item)
      sizes.push(bytes)
      if (isScheduled || isBlocked) return
      isScheduled = true
      setImmediate(flush)
    },
    flush,
    isBlocked: () => isBlocked,
    whenEmpty(listener) {
      if (items.length === 0) listener()
      else waiting.push(listener)
    },
  }
}
