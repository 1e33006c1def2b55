/** Never `none` unless somebody says so. */
export const ftpSecurities = ['explicit', 'implicit', 'none'] as const
export type FtpSecurity = (typeof ftpSecurities)[number]
