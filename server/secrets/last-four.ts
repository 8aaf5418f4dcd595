/** What may be shown of a value so that a person knows it again; nothing of one shorter than 12 characters. */
export function lastFourOf(value: string | undefined): string | undefined {
  return value !== undefined && value.length >= 12 ? value.slice(-4) : undefined;
}
