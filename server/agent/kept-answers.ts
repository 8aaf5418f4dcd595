import { AppError } from '../lib/app-error.ts';

/** Tells people who answered a question when their answer is stored, not merely heard. */
export interface KeptAnswers {
  /** Resolves when the result of this call is stored. Rejects when the run ended before. */
  wait(toolCallId: string): Promise<void>;
  kept(toolCallId: string): void;
  /** Nothing more is stored. With the fault that ended the run, if there was one. */
  end(fault: AppError | undefined): void;
}

export function createKeptAnswers(): KeptAnswers {
  const answers = new Map<string, PromiseWithResolvers<void>>();
  let over: { fault: AppError } | undefined;

  function of(toolCallId: string): PromiseWithResolvers<void> {
    const known = answers.get(toolCallId);
    if (known) return known;
    const made = Promise.withResolvers<void>();
    // Nobody may be waiting for it.
    made.promise.catch(() => undefined);
    answers.set(toolCallId, made);
    if (over) made.reject(over.fault);
    return made;
  }

  return {
    wait: (toolCallId) => of(toolCallId).promise,
    kept: (toolCallId) => of(toolCallId).resolve(),
    end(fault = ended()) {
      over = { fault };
      for (const { reject } of answers.values()) reject(fault);
    },
  };
}

function ended(): AppError {
  return new AppError('nothing_pending', 'The run ended before the answer was kept. Send it as a message.', {
    status: 404,
  });
}
