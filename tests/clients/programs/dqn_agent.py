"""Deep Q-learning on a small grid world with a target network and a Huber loss."""

import json
import random
from collections import deque

import keras.backend as K
import numpy as np
import tensorflow as tf
from keras.layers import Activation, Dense, Flatten
from keras.models import Sequential, clone_model
from keras.optimizers import RMSprop

GRID = 4
EPISODES = 6
rng = np.random.RandomState(7)


class CatchEnv(object):
    """A fruit falls; the basket below is moved left, kept, or moved right."""

    action_size = 3

    def __init__(self, grid_size=GRID):
        self.grid_size = grid_size
        self.reset()

    def reset(self):
        self.row, self.col = 0, rng.randint(self.grid_size)
        self.basket = rng.randint(self.grid_size)
        return self.observe()

    def observe(self):
        canvas = np.zeros((1, self.grid_size, self.grid_size), dtype=np.float32)
        canvas[0, self.row, self.col] = 1.0
        canvas[0, -1, self.basket] += 0.5
        return canvas

    def step(self, action):
        self.basket = min(max(self.basket + action - 1, 0), self.grid_size - 1)
        self.row += 1
        done = self.row == self.grid_size - 1
        reward = (1.0 if self.basket == self.col else -1.0) if done else 0.0
        return self.observe(), reward, done


class DQNAgent:
    def __init__(self, state_shape, action_size):
        self.state_shape = state_shape
        self.action_size = action_size
        self.memory = deque(maxlen=200)
        self.gamma = 0.95
        self.epsilon = 1.0
        self.epsilon_min = 0.05
        self.epsilon_decay = 0.9
        self.learning_rate = 0.005
        self.model = self._build_model()
        self.target_model = clone_model(self.model)
        self.update_target_model()

    def _huber_loss(self, y_true, y_pred, clip_delta=1.0):
        error = y_true - y_pred
        cond = K.abs(error) <= clip_delta
        squared_loss = 0.5 * K.square(error)
        quadratic_loss = 0.5 * K.square(clip_delta) + clip_delta * (K.abs(error) - clip_delta)
        return K.mean(tf.where(cond, squared_loss, quadratic_loss))

    def _build_model(self):
        model = Sequential()
        model.add(Flatten(input_shape=self.state_shape))
        model.add(Dense(16, kernel_initializer="he_uniform"))
        model.add(Activation("relu"))
        model.add(Dense(16, activation="relu"))
        model.add(Dense(self.action_size, activation="linear"))
        optimizer = RMSprop(lr=self.learning_rate, rho=0.95, epsilon=0.01, clipnorm=0.2)
        model.compile(loss=self._huber_loss, optimizer=optimizer, metrics=["mae"])
        model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
        return model

    def update_target_model(self):
        self.target_model.set_weights(self.model.get_weights())

    def memorize(self, state, action, reward, next_state, done):
        self.memory.append((state, action, reward, next_state, done))

    def act(self, state):
        if rng.rand() <= self.epsilon:
            return rng.randint(self.action_size)
        return int(np.argmax(self.model.predict(state)[0]))

    def replay(self, batch_size):
        minibatch = random.sample(self.memory, batch_size)
        states = np.concatenate([m[0] for m in minibatch])
        next_states = np.concatenate([m[3] for m in minibatch])
        targets = self.model.predict_on_batch(states)
        targets = np.array(targets)
        best = np.argmax(self.model.predict_on_batch(next_states), axis=1)  # double DQN
        following = np.array(self.target_model.predict(next_states))
        for i, (_, action, reward, _, done) in enumerate(minibatch):
            targets[i, action] = reward if done else reward + self.gamma * following[i, best[i]]
        loss, mae = self.model.train_on_batch(states, targets)
        if self.epsilon > self.epsilon_min:
            self.epsilon *= self.epsilon_decay
        return loss, mae


if __name__ == "__main__":
    random.seed(3)
    env = CatchEnv()
    agent = DQNAgent((GRID, GRID), env.action_size)
    losses, maes, rewards = [], [], []
    for e in range(EPISODES * 3):
        state = env.reset()
        done = False
        while not done:
            action = agent.act(state)
            next_state, reward, done = env.step(action)
            agent.memorize(state, action, reward, next_state, done)
            state = next_state
        rewards.append(reward)
        if len(agent.memory) > 12:
            loss, mae = agent.replay(8)
            losses.append(float(loss))
            maes.append(float(mae))
        if e % 5 == 0:
            agent.update_target_model()
            print("episode: {}/{}, reward: {}, e: {:.2}".format(e, EPISODES * 3, reward, agent.epsilon))

    q_function = K.function([agent.model.input], [agent.model.layers[2].output, K.max(agent.model.output, axis=-1)])
    hidden, values = q_function([env.reset()])
    print(
        json.dumps(
            {
                "losses": losses,
                "maes": maes,
                "rewards": rewards,
                "hidden": float(np.sum(hidden)),
                "values": values.tolist(),
                "weights": [float(np.abs(w).sum()) for w in agent.model.get_weights()],
                "target": [float(np.abs(w).sum()) for w in agent.target_model.get_weights()],
                "lr": float(K.get_value(agent.model.optimizer.lr)),
                "iterations": int(K.get_value(agent.model.optimizer.iterations)),
            }
        )
    )
