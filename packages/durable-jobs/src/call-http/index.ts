/** The job that calls an HTTP endpoint. */
export { defineCallHttp } from './call-http.ts';
export { httpTargets, type HttpTarget, type HttpTargets } from './target.ts';
