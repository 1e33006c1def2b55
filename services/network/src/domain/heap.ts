/** A binary min-heap. */
export class Heap<T> {
  private readonly items: T[] = []
  private readonly isLess: (a: T, b: T) => boolean

  constructor(isLess: (a: T, b: T) => boolean) {
    this.isLess = isLess
  }

  get size(): number {
    return this.items.length
  }

  peek(): T | undefined {
    return this.items[0]
  }

  push(item: T): void {
    let at = this.items.length
    this.items.push(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.items[above]
      if (parent === undefined || !this.isLess(item, parent)) break
      this.items[at] = parent
      at = above
    }
    this.items[at] = item
  }

  pop(): T | undefined {
    const top = this.items[0]
    const last = this.items.pop()
    if (last === undefined || this.items.length === 0) return top
    let at = 0
    for (;;) {
      const child = this.lesserChild(at)
      if (!child || !this.isLess(child.item, last)) break
      this.items[at] = child.item
      at = child.at
    }
    this.items[at] = last
    return top
  }

  private lesserChild(at: number): { at: number; item: T } | undefined {
    const left = this.items[2 * at + 1]
    const right = this.items[2 * at + 2]
    if (left === undefined) return undefined
    return right !== undefined && this.isLess(right, left)
      ? { at: 2 * at + 2, item: right }
      : { at: 2 * at + 1, item: left }
  }
}
