/** The text of one block while it is written: white space folded, emphasis and links around words. */
export interface InlineText {
  /** Text of the page, as it is. */
  add(text: string): void;
  /** Goes in without a look at white space. */
  addRaw(text: string): void;
  breakLine(): void;
  openMark(mark: string): void;
  closeMark(mark: string): void;
  openLink(href: string): void;
  closeLink(): void;
  isEmpty(): boolean;
  length(): number;
  /** The block so far without white space around it. What is open goes on in the next block. */
  take(): string;
}

interface Mark {
  mark: string;
  /** Elements of this kind that are open, one in the other. */
  depth: number;
  isWritten: boolean;
}

/** Marks are written when the first word comes and closed with the block, so that none stands alone. */
export function createInlineText(): InlineText {
  let parts: string[] = [];
  let length = 0;
  let hasSpace = false;
  let isLineStart = true;
  const marks: Mark[] = [];
  /** `marksBefore`: how many marks stand around it. */
  let link: { href: string; isWritten: boolean; marksBefore: number } | undefined;

  function push(text: string): void {
    parts.push(text);
    length += text.length;
  }

  function write(text: string): void {
    if (hasSpace && !isLineStart) push(' ');
    hasSpace = false;
    openPending();
    push(text);
    isLineStart = false;
  }

  function openPending(): void {
    if (link && !link.isWritten) {
      push('[');
      link.isWritten = true;
      link.marksBefore = marks.filter((mark) => mark.isWritten).length;
    }
    for (const mark of marks) {
      if (mark.isWritten) continue;
      push(mark.mark);
      mark.isWritten = true;
    }
  }

  function closeWritten(from: number): void {
    for (const mark of marks.slice(from).reverse()) {
      if (mark.isWritten) push(mark.mark);
      mark.isWritten = false;
    }
  }

  function closeWrittenLink(): void {
    if (!link?.isWritten) return;
    closeWritten(link.marksBefore);
    push(`](${link.href})`);
    link = undefined;
  }

  return {
    add(text) {
      const words = text.replace(/\s+/g, ' ');
      const core = words.trim();
      if (words.startsWith(' ')) hasSpace = true;
      if (core !== '') {
        write(core);
        hasSpace = words.endsWith(' ');
      }
    },
    addRaw: write,
    breakLine() {
      if (isLineStart) return;
      push('\n');
      isLineStart = true;
      hasSpace = false;
    },
    openMark(mark) {
      const open = marks.find((one) => one.mark === mark);
      if (open) open.depth += 1;
      else marks.push({ mark, depth: 1, isWritten: false });
    },
    closeMark(mark) {
      const index = marks.findIndex((one) => one.mark === mark);
      const open = marks[index];
      if (!open) return;
      open.depth -= 1;
      if (open.depth > 0) return;
      closeWritten(index);
      marks.splice(index, 1);
    },
    openLink(href) {
      closeWrittenLink();
      link = { href, isWritten: false, marksBefore: 0 };
    },
    closeLink() {
      closeWrittenLink();
      link = undefined;
    },
    isEmpty: () => length === 0,
    length: () => length,
    take() {
      closeWrittenLink();
      closeWritten(0);
      const text = parts.join('').trim();
      parts = [];
      length = 0;
      hasSpace = false;
      isLineStart = true;
      return text;
    },
  };
}
