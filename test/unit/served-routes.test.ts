import express, { Router } from 'express';
import { describe, expect, it } from 'vitest';
import { requireServedRoutes, serveRoutes } from '../../api/routing/serve-routes.ts';
import { Routes } from '../../api/routing/routes.ts';
import { buildApp } from '../support/unconnected-app.ts';

describe('the routes of an application', () => {
  it('are all declared with who may use them', () => {
    expect(() => requireServedRoutes(buildApp())).not.toThrow();
  });

  it('keep it from starting where one was added in another way', () => {
    const app = buildApp();
    app.get('/api/secrets', (_request, response) => void response.end());
    expect(() => requireServedRoutes(app)).toThrow('/api/secrets');
    const nested = buildApp();
    nested.use('/api', Router());
    expect(() => requireServedRoutes(nested)).toThrow('not declared');
  });

  it('are not served without a guard where they need a role', () => {
    const routes = new Routes('/api/secrets');
    routes.get('/', 'viewer', (_request, response) => void response.end());
    expect(() => serveRoutes(express(), routes)).toThrow('guard');
  });
});
