import { expect, it } from 'vitest';
import { defineProblems, libraryProblems } from '../problem-kinds.ts';
import { createApiDocument } from './document.ts';

const own = defineProblems({
  cupEmpty: { status: 409, title: 'The cup is empty' },
  kettleBusy: { status: 409, title: 'The kettle is busy' },
});

const resources = [
  {
    name: 'Cups',
    description: 'Cups of tea.',
    routes: {
      'POST /cups/:id/drink': {
        id: 'drinkCup',
        summary: 'Drink a cup',
        answers: { 204: { description: 'It is empty.', content: {}, headers: {} } },
        problems: [own.kettleBusy, 'notFound', own.cupEmpty],
      },
    },
  },
] as const;

it("describes an application's own problems, in the order in which they are listed", () => {
  const problems = [...Object.values(libraryProblems), own.cupEmpty, own.kettleBusy];
  const { paths, components } = createApiDocument({ resources, problems });
  expect(paths?.['/cups/{id}/drink']?.post?.responses).toMatchObject({
    404: { $ref: '#/components/responses/NotFound' },
    409: { $ref: '#/components/responses/CupEmptyOrKettleBusy' },
  });
  expect(components?.responses?.CupEmptyOrKettleBusy).toMatchObject({
    description: '`cup_empty`: The cup is empty. `kettle_busy`: The kettle is busy.',
  });
  expect(components?.schemas?.Problem).toMatchObject({
    properties: { code: { enum: problems.map(({ code }) => code) } },
  });
});

it('refuses a route with a problem that is not listed', () => {
  const problems = [...Object.values(libraryProblems), own.cupEmpty];
  expect(() => createApiDocument({ resources, problems })).toThrow(
    'POST /cups/:id/drink has the problem kettle_busy, which the document does not list',
  );
});
