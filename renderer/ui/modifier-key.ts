export const isMac = /mac/i.test(navigator.userAgent);
export const modifierKey = isMac ? '⌘' : 'Ctrl';
