declare const brand: unique symbol

/** A value that only its parser may make. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
