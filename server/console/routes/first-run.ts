import { Hono } from 'hono';
import type { DataPlace, FirstRun, LocalServer } from '../../contract/first-run.ts';
import {
  chooseModelSchema,
  choosePlaceSchema,
  firstRunChangeSchema,
  lookLocalSchema,
} from '../../contract/first-run-schemas.ts';
import type { ModelChosen } from '../../first-run/choose-model.ts';
import type { FirstRunParts } from '../../first-run/open-first-run.ts';
import { AppError } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { validate } from '../validate.ts';

/** The way to a first answer. The sandbox's part is in the routes of engine and images. */
export function firstRunRoutes(context: ConsoleContext) {
  const parts = (): FirstRunParts => {
    if (context.firstRun) return context.firstRun;
    throw new AppError('first_run_unmanaged', 'This server was set up by somebody else.', { status: 503 });
  };

  return new Hono()
    .get('/first-run', (c) => answer<FirstRun>(c, parts().state.read()))
    .patch('/first-run', validate('json', firstRunChangeSchema), async (c) =>
      answer<FirstRun>(c, await parts().state.change(c.req.valid('json'))),
    )
    .get('/first-run/place', async (c) => answer<DataPlace>(c, await parts().place.read()))
    .put('/first-run/place', validate('json', choosePlaceSchema), async (c) =>
      answer(c, await parts().place.choose(c.req.valid('json').to)),
    )
    .delete('/first-run/place', async (c) => answer<DataPlace>(c, await parts().place.forget()))
    .post('/first-run/local-models', validate('json', lookLocalSchema), async (c) => {
      const servers = await parts().look(c.req.valid('json').port, c.req.raw.signal);
      return answer<{ servers: LocalServer[] }>(c, { servers });
    })
    .post('/first-run/model', validate('json', chooseModelSchema), async (c) =>
      answer<ModelChosen>(c, await parts().chooseModel(c.req.valid('json'), c.req.raw.signal)),
    );
}
