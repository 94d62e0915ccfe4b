import express, { Router } from 'express';
import { describe, expect, it, vi } from 'vitest';
import {
  requireServedRoutes,
  serveRoutes,
} from '../../packages/durable-jobs/src/http/routing/serve-routes.ts';
import { Routes } from '../../packages/durable-jobs/src/http/routing/routes.ts';
import { buildApp } from '../support/unconnected-app.ts';

vi.mock('../../packages/durable-jobs/src/http/routing/serve-routes.ts', { spy: true });

describe('the routes of an application', () => {
  it('are all declared with who may use them, and checked whenever it is built', () => {
    vi.mocked(requireServedRoutes).mockClear();
    const app = buildApp();
    expect(requireServedRoutes).toHaveBeenCalledExactlyOnceWith(app);
    expect(() => requireServedRoutes(app)).not.toThrow();
  });

  it('prevent its start if one was added in another way', () => {
    const app = buildApp();
    app.get('/api/secrets', (_request, response) => void response.end());
    expect(() => requireServedRoutes(app)).toThrow('/api/secrets');
    const nested = buildApp();
    nested.use('/api', Router());
    expect(() => requireServedRoutes(nested)).toThrow('not declared');
  });

  it('are not served without a guard if they need a role', () => {
    const routes = new Routes('/api/secrets');
    routes.get('/', 'viewer', (_request, response) => void response.end());
    expect(() => serveRoutes(express(), routes)).toThrow('guard');
  });
});
