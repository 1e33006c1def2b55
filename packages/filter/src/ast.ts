/** Where a value is in an event: names, and numbers for elements of a list. */
export type Path = readonly (string | number)[]

export type Scalar = string | number | boolean | null

export type Literal =
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | { readonly kind: 'list'; readonly values: readonly Scalar[] }

export type Operand = { readonly kind: 'path'; readonly path: Path } | Literal

export const comparisons = ['==', '!=', '<=', '>=', '<', '>'] as const
export type Comparison = (typeof comparisons)[number]

export const textTests = ['startsWith', 'endsWith', 'contains', 'inCidr'] as const
export type TextTest = (typeof textTests)[number]

/** A filter as a tree. Each node is visited at most once when it is evaluated. */
export type Node =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Node[] }
  | { readonly kind: 'not'; readonly part: Node }
  | {
      readonly kind: 'compare'
      readonly left: Operand
      readonly comparison: Comparison
      readonly right: Operand
    }
  | { readonly kind: 'in'; readonly needle: Operand; readonly haystack: Operand }
  | {
      readonly kind: 'test'
      readonly path: Path
      readonly test: TextTest
      readonly argument: string
    }
  | { readonly kind: 'has'; readonly path: Path }
  /** A value by itself: true when it is `true`. */
  | { readonly kind: 'value'; readonly operand: Operand }
