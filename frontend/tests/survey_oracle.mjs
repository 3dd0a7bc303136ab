/**
 * Answers for survey-core: reads one JSON case per line, writes one JSON verdict per line.
 *
 * A case is {form, data} → {errors: names of questions with errors, data: what is left after completing}, or
 * {expression, values} → {result: true or false}.
 */

import { createInterface } from "node:readline";
import { ConditionRunner, Model, Question, settings } from "survey-core";

settings.animationEnabled = false;
// Looks cost a third of the time and decide nothing.
Question.prototype.updateElementCss = Question.prototype.updateQuestionCss = () => {};
const models = new Map();

function modelOf(form) {
  const key = JSON.stringify(form);
  if (!models.has(key)) models.set(key, new Model({ ...form, clearInvisibleValues: "onComplete" }));
  const survey = models.get(key);
  survey.clear(false, false);
  for (const one of survey.getAllQuestions()) one.errors = [];
  return survey;
}

function judged({ form, data }) {
  const survey = modelOf(form);
  survey.data = data;
  survey.validate(true, false);
  const questions = survey.getAllQuestions(true);
  const errors = questions.filter((one) => one.errors.length > 0).map((one) => one.name);
  const visible = questions.map((one) => one.name);
  survey.doComplete();
  return { errors: errors.sort(), visible: visible.sort(), data: survey.data };
}

function evaluated({ expression, values }) {
  return { result: new ConditionRunner(expression).runValues(values) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const one = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(one.form ? judged(one) : evaluated(one))}\n`);
}
